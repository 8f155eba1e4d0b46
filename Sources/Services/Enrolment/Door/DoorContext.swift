// SPDX-License-Identifier: Apache-2.0

import Keys
import NIOSSL

/// TLS at the door: the hub's certificate is shown, and who has one of the authority's may show it.
enum DoorContext {
    static func make(_ files: AuthorityFiles) throws -> NIOSSLContext {
        guard let bytes = try files.hub.read(isSecret: true) else {
            throw files.hub.fault("is not there: `sluice-hub ca host` makes the hub's certificate")
        }
        let authority = try NIOSSLCertificate.fromPEMFile(files.certificate.path)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMBytes(bytes).map { .certificate($0) },
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: bytes, format: .pem))
        )
        configuration.minimumTLSVersion = .tlsv13
        // As for agents: what is recorded today must not be readable by a quantum computer of tomorrow.
        configuration.curves = [.x25519_MLKEM768, .x25519, .secp256r1]
        configuration.trustRoots = .certificates(authority)
        configuration.certificateVerification = .optionalVerification
        return try NIOSSLContext(configuration: configuration)
    }
}
