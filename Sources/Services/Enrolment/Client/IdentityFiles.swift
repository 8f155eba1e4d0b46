// SPDX-License-Identifier: Apache-2.0

package import Certification
import Glibc
package import Keys

/// What a node has of a fleet, in its state directory.
///
/// ```
/// tls.key      the private key that a certificate is asked for; gone when there is one
/// tls.pem      the private key in use and its certificate: one file, so that they always fit together
/// hub-ca.pem   the authority of the fleet
/// ```
/// Each takes its name when it is whole and synced, in that order: whatever cuts an enrolment or a rotation short, doing
/// it again goes on with the same key, and what was in use stays so.
package struct IdentityFiles: Sendable {
    package let pending: KeyFile
    package let identity: KeyFile
    package let authority: KeyFile

    /// - Parameter state: the node's state directory.
    package init(state: String) {
        pending = KeyFile(state + "/tls.key")
        identity = KeyFile(state + "/tls.pem")
        authority = KeyFile(state + "/hub-ca.pem")
    }

    /// Whether a file is there.
    package static func exists(_ file: KeyFile) -> Bool { access(file.path, F_OK) == 0 }

    /// The key to ask a certificate for: the one that is there, or a new one.
    package func pendingKey() throws(KeyFault) -> SigningKey {
        if let key = try SigningKey(in: pending), try current()?.key.publicKey != key.publicKey { return key }
        let key = SigningKey()
        try pending.replace(by: Array(key.text.utf8), isSecret: true)
        return key
    }

    /// What is in use; nil where the node was not enrolled.
    package func current() throws(KeyFault) -> NodeIdentity? {
        guard let bytes = try identity.read(isSecret: true) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let key = SigningKey(text), let certificate = Self.certificate(in: text),
            certificate.key == key.publicKey
        else { throw identity.fault("holds no key with its certificate: put it back from a backup, or remove it") }
        return NodeIdentity(key: key, certificate: certificate)
    }

    /// The certificate of the fleet's authority; nil where there is none.
    package func trusted() throws(KeyFault) -> Certificate? {
        guard let bytes = try authority.read(isSecret: false) else { return nil }
        guard let certificate = Self.certificate(in: String(decoding: bytes, as: UTF8.self)) else {
            throw authority.fault("holds no certificate: enrol again")
        }
        return certificate
    }

    /// Takes a new pair into use.
    package func install(_ identity: NodeIdentity, authority: Certificate) throws {
        guard identity.certificate.key == identity.key.publicKey else { throw EnrolmentFault.badAnswer }
        try self.authority.replace(by: Array(PEM.text(.certificate, authority.bytes).utf8), isSecret: false)
        let text = identity.key.text + PEM.text(.certificate, identity.certificate.bytes)
        try self.identity.replace(by: Array(text.utf8), isSecret: true)
        unlink(pending.path)
    }

    private static func certificate(in text: String) -> Certificate? {
        PEM.blocks(.certificate, in: text)?.first.flatMap { Certificate($0) }
    }
}
