// SPDX-License-Identifier: Apache-2.0

import Certification

/// Reads the bytes as everything that strangers send and files hold: what is taken must be written in the same form.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOne(_ bytes: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    let text = String(decoding: input, as: UTF8.self)
    _ = SubjectNames.all(ofCertificate: input)
    if let request = try? CertificateRequest(input) { precondition(NodeName.isAllowed(request.node)) }
    if let certificate = Certificate(input) { precondition(certificate.bytes == input) }
    if let token = try? EnrolmentToken(text: text) {
        precondition(token.text == text.filter { !$0.isWhitespace })
    }
    for label in [PEM.Label.certificate, .request] {
        for block in PEM.blocks(label, in: text) ?? [] {
            precondition(PEM.blocks(label, in: PEM.text(label, block)) == [block])
        }
    }
    for record in (try? RecordLines.read(text) { IssuedRecord(fields: $0) }) ?? [] {
        precondition((try? RecordLines.read(record.line) { IssuedRecord(fields: $0) }) == [record])
    }
    for record in (try? RecordLines.read(text) { TokenRecord(fields: $0) }) ?? [] {
        precondition((try? RecordLines.read(record.line) { TokenRecord(fields: $0) }) == [record])
    }
    for record in (try? RecordLines.read(text) { RevokedRecord(fields: $0) }) ?? [] {
        precondition((try? RecordLines.read(record.line) { RevokedRecord(fields: $0) }) == [record])
    }
    return 0
}
