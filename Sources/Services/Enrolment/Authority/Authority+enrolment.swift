// SPDX-License-Identifier: Apache-2.0

package import Certification
import Keys

/// What a hub does for nodes that ask by themselves.
extension Authority {
    /// Records of tokens go so long after they expired; until then a late one is told so.
    private static let remembrance: Int64 = 7 * 86_400

    /// A new token for a node, on record before this returns.
    ///
    /// - Parameters:
    ///   - seconds: how long it can be used.
    ///   - now: seconds since 1970.
    package func token(for node: String, seconds: Int64, now: Int64) throws -> EnrolmentToken {
        let token = EnrolmentToken(
            node: node,
            secret: (0..<EnrolmentToken.secretBytes).map { _ in UInt8.random(in: 0...0xFF) },
            authority: certificate.key.hash
        )
        try files.locked {
            let record = TokenRecord(digest: token.digest, node: node, expiry: now + seconds)
            try write(try tokens() + [record], now: now)
        }
        return token
    }

    /// A node's first certificate in PEM, for a token that then is used up.
    ///
    /// The token is spent on disk before anything is signed. A node whose answer was lost may come again with the same
    /// key: nobody else has its private half.
    func enrol(_ token: EnrolmentToken, _ request: CertificateRequest, now: Int64) throws -> String {
        try files.locked {
            var tokens = try tokens()
            guard let index = tokens.firstIndex(where: { $0.digest == token.digest }) else {
                throw EnrolmentRefusal.unknownToken
            }
            guard tokens[index].expiry >= now else { throw EnrolmentRefusal.expiredToken }
            guard tokens[index].node == request.node else {
                throw EnrolmentRefusal.otherNode(token: tokens[index].node, request: request.node)
            }
            guard (tokens[index].usedBy ?? request.key.pin) == request.key.pin else { throw EnrolmentRefusal.usedToken }
            tokens[index].usedBy = request.key.pin
            try write(tokens, now: now)
            return try issue(request, now: now)
        }
    }

    /// Another certificate, for a node that shows one that still counts.
    ///
    /// - Parameter own: what the node has shown, DER; TLS has verified it.
    func renew(_ own: [UInt8]?, _ request: CertificateRequest, now: Int64) throws -> String {
        try files.locked {
            guard let own = own.flatMap({ Certificate($0) }), own.isSigned(by: certificate.key) else {
                throw EnrolmentRefusal.stranger
            }
            guard try !RevokedCertificates.records(in: files.revoked).contains(where: { $0.serial == own.serial })
            else {
                throw EnrolmentRefusal.revoked
            }
            guard own.names.contains(request.node) else {
                throw EnrolmentRefusal.notNamed(request: request.node, names: own.names)
            }
            return try issue(request, now: now)
        }
    }

    /// Makes certificates count no more, and tokens of that node, too.
    ///
    /// - Parameter name: a node, or a serial number.
    /// - Returns: what was revoked by this call.
    package func revoke(_ name: String, now: Int64) throws -> [RevokedRecord] {
        try files.locked {
            let known = try records()
            let before = Set(try RevokedCertificates.records(in: files.revoked).map(\.serial))
            var found = known.filter { $0.node == name || $0.serial.description == name }
                .map { RevokedRecord(serial: $0.serial, node: $0.node, time: now) }
            // Of one whose record is lost, the serial number is enough.
            if found.isEmpty, name.utf8.count == 32, let serial = SerialNumber(text: name) {
                found = [RevokedRecord(serial: serial, node: "-", time: now)]
            }
            let open = try tokens()
            let rest = open.filter { $0.node != name }
            guard !found.isEmpty || rest.count < open.count else { throw NothingIssued(name: name) }
            if rest.count < open.count { try write(rest, now: now) }
            found.removeAll { before.contains($0.serial) }
            if !found.isEmpty { try AuthorityFiles.append(found.map(\.line), to: files.revoked) }
            return found
        }
    }

    private func tokens() throws(KeyFault) -> [TokenRecord] {
        try AuthorityFiles.records(in: files.tokens) { TokenRecord(fields: $0) }
    }

    private func write(_ tokens: [TokenRecord], now: Int64) throws(KeyFault) {
        let kept = tokens.filter { $0.expiry + Self.remembrance >= now }
        try files.tokens.replace(by: Array(kept.map { $0.line + "\n" }.joined().utf8), isSecret: true)
    }

    /// Nobody of that name.
    struct NothingIssued: Error, CustomStringConvertible {
        var name: String
        var description: String {
            "no certificate or token was issued for \(name): `sluice-hub ca list` shows nodes and serial numbers"
        }
    }
}
