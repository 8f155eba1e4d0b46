// SPDX-License-Identifier: Apache-2.0

package import Certification
import Glibc
import Keys

/// A fleet's small certification authority: its key signs certificates of nodes, and of the hub itself.
///
/// It has no memory: each call reads the files and leaves them whole, also where the power goes in between.
package struct Authority: Sendable {
    private static let day: Int64 = 86_400
    /// The authority's and its hub's certificates: nobody is there to renew them when they expire.
    private static let lifetime = 3_650 * day
    /// Clocks of hub and verbs may differ a little.
    private static let backdating: Int64 = 3_600
    /// Of a node's certificate, by default.
    package static let nodeDays = 365

    package let files: AuthorityFiles
    package let certificate: Certificate
    private let key: SigningKey

    /// The one that is there.
    ///
    /// - Parameter state: the hub's state directory.
    package init(state: String) throws {
        files = AuthorityFiles(state: state)
        let files = files
        (key, certificate) = try files.locked {
            guard let certificate = try Self.certificate(in: files), let key = try SigningKey(in: files.key) else {
                throw files.certificate.fault("there is no authority: `sluice-hub ca init` makes one")
            }
            guard key.publicKey == certificate.key else {
                throw files.key.fault("is not the key of \(files.certificate.path): put both back from one backup")
            }
            return (key, certificate)
        }
    }

    /// Makes one, where there is none yet; a try that was cut short is gone on with until the hub has its certificate.
    ///
    /// - Parameter now: seconds since 1970.
    package static func make(state: String, now: Int64) throws -> Authority {
        let files = AuthorityFiles(state: state)
        try files.make(in: state)
        try files.locked {
            guard try files.hub.read(isSecret: true) == nil else {
                throw files.certificate.fault("there is an authority already, and a fleet trusts it: it stays as it is")
            }
            if try files.certificate.read(isSecret: false) != nil { return }
            let key = try SigningKey(in: files.key) ?? SigningKey()
            try files.key.replace(by: Array(key.text.utf8), isSecret: true)
            let draft = CertificateDraft(
                serial: serial(),
                subject: "Sluice CA " + Hexadecimal.text(key.publicKey.hash.prefix(4)),
                key: key.publicKey,
                purpose: .authority,
                validity: now - backdating...now + lifetime
            )
            let bytes = try draft.signed(by: nil, sign: key.sign)
            try files.certificate.replace(by: Array(PEM.text(.certificate, bytes).utf8), isSecret: false)
        }
        return try Authority(state: state)
    }

    /// Makes the hub's own certificate, for as long as the authority's, with the key that it has had before.
    package func certifyHub(_ names: [String], now: Int64) throws {
        let hosts = try names.map { name in
            guard let host = HostName(name) else { throw NoHost(name: name) }
            return host
        }
        try files.locked {
            let own = try SigningKey(in: files.hub) ?? SigningKey()
            let draft = CertificateDraft(
                serial: Self.serial(),
                subject: String(names.first?.prefix(64) ?? ""),
                key: own.publicKey,
                purpose: .hub(hosts),
                validity: now - Self.backdating...certificate.validity.upperBound
            )
            let bytes = try draft.signed(by: certificate, sign: key.sign)
            let text = own.text + PEM.text(.certificate, bytes) + text
            try files.hub.replace(by: Array(text.utf8), isSecret: true)
        }
    }

    /// The authority's certificate in PEM.
    package var text: String { PEM.text(.certificate, certificate.bytes) }

    /// A certificate for the node of a request, in PEM, on record before this returns.
    package func sign(_ request: CertificateRequest, days: Int = nodeDays, now: Int64) throws -> String {
        try files.locked { try issue(request, days: days, now: now) }
    }

    /// Every certificate of a node, oldest first, and since when it counts no more.
    package func issued() throws -> [(record: IssuedRecord, revoked: Int64?)] {
        try files.locked {
            let revoked = try RevokedCertificates.records(in: files.revoked)
            let times = Dictionary(revoked.map { ($0.serial, $0.time) }) { first, _ in first }
            return try records().map { ($0, times[$0.serial]) }
        }
    }

    func records() throws(KeyFault) -> [IssuedRecord] {
        try AuthorityFiles.records(in: files.issued) { IssuedRecord(fields: $0) }
    }

    /// Must be called while the files are locked.
    func issue(_ request: CertificateRequest, days: Int = nodeDays, now: Int64) throws -> String {
        let draft = CertificateDraft(
            serial: Self.serial(),
            subject: request.node,
            key: request.key,
            purpose: .node,
            validity: now - Self.backdating...min(now + Int64(days) * Self.day, certificate.validity.upperBound)
        )
        let bytes = try draft.signed(by: certificate, sign: key.sign)
        let record = IssuedRecord(
            serial: draft.serial,
            node: request.node,
            validity: draft.validity,
            pin: request.key.pin
        )
        try AuthorityFiles.append([record.line], to: files.issued)
        return PEM.text(.certificate, bytes)
    }

    /// Random: no two are alike, and none says how many there are (RFC 5280 section 4.1.2.2).
    private static func serial() -> SerialNumber {
        SerialNumber(.random(in: 0 ... .max), .random(in: 0 ... .max))
    }

    private static func certificate(in files: AuthorityFiles) throws(KeyFault) -> Certificate? {
        guard let bytes = try files.certificate.read(isSecret: false) else { return nil }
        guard let blocks = PEM.blocks(.certificate, in: String(decoding: bytes, as: UTF8.self)),
            let certificate = blocks.first.flatMap({ Certificate($0) })
        else { throw files.certificate.fault("holds no authority's certificate: put it back from a backup") }
        return certificate
    }

    /// Something that no host can be called.
    struct NoHost: Error, CustomStringConvertible {
        var name: String
        var description: String { "\(name) is no host: a DNS name or an address is wanted, as agents will have it" }
    }
}
