// SPDX-License-Identifier: Apache-2.0

import Certification
import TestSupport
import Testing

/// What the first version wrote: files of a hub and of its nodes outlive many programs.
@Suite struct GoldenTests {
    private func text(_ name: String) throws -> String {
        String(decoding: try GoldenFile.bytes("fleet-1/\(name)"), as: UTF8.self)
    }

    private func certificate(_ name: String) throws -> Certificate {
        let block = try #require(PEM.blocks(.certificate, in: try text(name))?.first)
        return try #require(Certificate(block))
    }

    @Test func `certificates and requests of the first version are read`() throws {
        let authority = try certificate("ca.pem")
        #expect(authority.names == ["Sluice CA 87cb48d8"] && authority.isSigned(by: authority.key))
        let node = try certificate("node.pem")
        #expect(node.names == ["pump-7"] && node.isSigned(by: authority.key))
        #expect("\(node.serial)" == "74861ba58f7bd5a77d051d93d66cb65f")
        #expect(CalendarTime.text(node.validity.upperBound) == "2027-11-24T04:26:41Z")
        let request = try #require(PEM.blocks(.request, in: try text("node.csr"))?.first)
        #expect(try CertificateRequest(request).node == "x")
    }

    @Test func `records of the first version are read, and written in the same bytes`() throws {
        let issued = try RecordLines.read(text("issued")) { IssuedRecord(fields: $0) }
        #expect(issued.map { $0.line + "\n" }.joined() == (try text("issued")))
        #expect(issued.map(\.node) == ["pump-7", "pump-7", "x", "x"])
        let tokens = try RecordLines.read(text("tokens")) { TokenRecord(fields: $0) }
        #expect(tokens.map { $0.line + "\n" }.joined() == (try text("tokens")))
        let revoked = try RecordLines.read(text("revoked")) { RevokedRecord(fields: $0) }
        #expect(revoked.map { $0.line + "\n" }.joined() == (try text("revoked")))
        #expect(revoked.map(\.serial) == issued.prefix(2).map(\.serial))
    }
}
