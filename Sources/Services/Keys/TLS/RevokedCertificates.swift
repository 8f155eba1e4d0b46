// SPDX-License-Identifier: Apache-2.0

package import Certification
import Synchronization

/// The certificates that a hub turns away although their authority has signed them.
package final class RevokedCertificates: Sendable {
    package static let fileName = "revoked"

    private let file: KeyFile
    private let serials = Mutex<Set<SerialNumber>>([])

    /// Reads the file, which need not be there.
    package init(path: String) throws(KeyFault) {
        file = KeyFile(path)
        try load()
    }

    /// Reads the file again; with an error what held before goes on to hold.
    package func load() throws(KeyFault) {
        let found = Set(try Self.records(in: file).map(\.serial))
        serials.withLock { $0 = found }
    }

    /// - Parameter certificate: DER; nil is none.
    package func contains(_ certificate: [UInt8]?) -> Bool {
        guard let serial = certificate.flatMap({ SerialNumber(ofCertificate: $0) }) else { return false }
        return serials.withLock { $0.contains(serial) }
    }

    /// All records of a file; none where there is no file.
    package static func records(in file: KeyFile) throws(KeyFault) -> [RevokedRecord] {
        let text = String(decoding: try file.read(isSecret: false) ?? [], as: UTF8.self)
        do throws(RecordLines.Fault) {
            return try RecordLines.read(text) { RevokedRecord(fields: $0) }
        } catch {
            throw file.fault("\(error)")
        }
    }
}
