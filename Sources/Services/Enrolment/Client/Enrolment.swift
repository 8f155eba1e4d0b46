// SPDX-License-Identifier: Apache-2.0

package import Certification
import Keys

/// How a node gets into a fleet, and stays in it.
package struct Enrolment: Sendable {
    private let files: IdentityFiles
    private let client: EnrolmentClient

    package init(_ files: IdentityFiles, _ client: EnrolmentClient) {
        self.files = files
        self.client = client
    }

    /// Makes a key, gets a certificate for it by a token, and takes both into use.
    ///
    /// The token leaves only for a hub that has proved to be the one that made it.
    package func enrol(_ token: EnrolmentToken) async throws -> Certificate {
        // With another authority, what is there and what comes would not fit together in between.
        if try files.current() != nil, try files.trusted()?.key.hash != token.authority {
            throw files.identity.fault("this node is in another hub's fleet: to leave that, remove this file first")
        }
        if let own = try files.current(), !own.certificate.names.contains(token.node) {
            let name = own.certificate.names.first ?? ""
            throw files.identity.fault("this is node \(name), not \(token.node): to rename it, remove this file first")
        }
        let key = try files.pendingKey()
        let request = try CertificateRequest.make(node: token.node, key: key.publicKey, sign: key.sign)
        let authority = try await client.authority(hash: token.authority)
        let made = try await client.enrol(token, request, authority: authority)
        return try take(made, for: token.node, key, authority)
    }

    /// Makes another key, gets a certificate for it by the one in use, and takes both into use.
    package func rotate() async throws -> Certificate {
        guard let own = try files.current(), let node = own.certificate.names.first, let authority = try files.trusted()
        else { throw files.identity.fault("this node is not enrolled: `sluice keys enrol` does it") }
        let key = try files.pendingKey()
        let request = try CertificateRequest.make(node: node, key: key.publicKey, sign: key.sign)
        let made = try await client.renew(own, request, authority: authority)
        return try take(made, for: node, key, authority)
    }

    private func take(
        _ made: Certificate,
        for node: String,
        _ key: SigningKey,
        _ authority: Certificate
    ) throws -> Certificate {
        guard made.names.contains(node) else { throw EnrolmentFault.badAnswer }
        try files.install(NodeIdentity(key: key, certificate: made), authority: authority)
        return made
    }
}
