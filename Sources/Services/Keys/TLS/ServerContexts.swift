// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Logging
package import NIOCore
import NIOSSL
import Synchronization

/// The certificate that TLS listeners show; it can be exchanged while they run, and new connections get the new one.
package final class ServerContexts: Sendable {
    private let files: TLSFiles
    private let allowsTLS12: Bool
    private let logger: Logger
    private let loaded = Mutex<(context: NIOSSLContext, pin: String?)?>(nil)

    /// - Parameter allowsTLS12: for devices that know no better; agents and hubs speak 1.3.
    package init(_ files: TLSFiles, allowsTLS12: Bool = false, logger: Logger) {
        self.files = files
        self.allowsTLS12 = allowsTLS12
        self.logger = logger
    }

    /// Whether clients have to show a certificate.
    package var asksCertificates: Bool { files.clientAuthorities != nil }

    /// The key that is shown, as in ``KeyPin``.
    package var pin: String? { loaded.withLock { $0?.pin } }

    /// What comes first in a pipeline.
    package func handler() throws -> some ChannelHandler {
        guard let context = loaded.withLock({ $0?.context }) else { throw NotLoaded() }
        return NIOSSLServerHandler(context: context)
    }

    /// Reads the files; with an error what held before goes on to hold.
    ///
    /// - Parameter isFirst: a certificate that has expired is complained of and used: an agent that did not start for it
    ///   would lose what its other devices have to say, and on a gateway without a clock every time is wrong.
    package func load(isFirst: Bool) throws(TLSFault) {
        let chain = try files.chain()
        if let fault = validity(of: chain) {
            guard isFirst else { throw fault }
            logger.error("clients will refuse the certificate: \(fault)")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(try files.privateKey())
        )
        configuration.minimumTLSVersion = allowsTLS12 ? .tlsv12 : .tlsv13
        // A recording of today must not be readable by a quantum computer of tomorrow
        // (https://datatracker.ietf.org/doc/draft-ietf-tls-ecdhe-mlkem/); clients that do not know of that take the others.
        configuration.curves = [.x25519_MLKEM768, .x25519, .secp256r1]
        if let path = files.clientAuthorities {
            configuration.trustRoots = .certificates(
                try PEMFile(files.clientAuthoritiesVariable, path).certificates()
            )
            // There is no host name to verify: the client's name is in the certificate.
            configuration.certificateVerification = .noHostnameVerification
        }
        do {
            let made = try NIOSSLContext(configuration: configuration)
            let pin = chain.first.flatMap { KeyPin.text(of: $0) }
            loaded.withLock { $0 = (made, pin) }
        } catch {
            throw files.mismatch(error)
        }
    }

    private func validity(of chain: [NIOSSLCertificate]) -> TLSFault? {
        guard let leaf = chain.first else { return nil }
        let now = time(nil)
        let reason: String
        if leaf.notValidAfter < now {
            reason = "the certificate has expired \((now - leaf.notValidAfter) / 86_400) days ago"
        } else if leaf.notValidBefore > now {
            reason = "the certificate is not valid yet, or this machine's clock is behind"
        } else {
            return nil
        }
        return TLSFault(variable: files.certificateVariable, path: files.certificate, reason: reason)
    }
}
