// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import NIOSSL
import Synchronization

/// The certificate that TLS listeners show; it can be exchanged while they run, and new connections get the new one.
final class TLSContexts: Sendable {
    private let files: TLSFiles
    private let logger: Logger
    private let context = Mutex<NIOSSLContext?>(nil)

    init(_ files: TLSFiles, logger: Logger) {
        self.files = files
        self.logger = logger
    }

    var current: NIOSSLContext? { context.withLock(\.self) }

    /// Reads the files; with an error what held before goes on to hold.
    ///
    /// - Parameter isFirst: a certificate that has expired is complained of and used: an agent that did not start for it
    ///   would lose what its other devices have to say, and on a gateway without a clock every time is wrong.
    func load(isFirst: Bool) throws(TLSFault) {
        let chain = try certificates("SLUICE_MQTT_TLS_CERT_FILE", files.certificate)
        if let fault = validity(of: chain) {
            guard isFirst else { throw fault }
            logger.error("clients will refuse the certificate: \(fault)")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(try privateKey())
        )
        configuration.minimumTLSVersion = .tlsv12
        // A recording of today must not be readable by a quantum computer of tomorrow
        // (https://datatracker.ietf.org/doc/draft-ietf-tls-ecdhe-mlkem/); clients that do not know of that take the others.
        configuration.curves = [.x25519_MLKEM768, .x25519, .secp256r1]
        if let path = files.clientAuthorities {
            configuration.trustRoots = .certificates(try certificates("SLUICE_MQTT_TLS_CLIENT_CA_FILE", path))
            // There is no host name to verify: the client's name is in the certificate.
            configuration.certificateVerification = .noHostnameVerification
        }
        do {
            let made = try NIOSSLContext(configuration: configuration)
            context.withLock { $0 = made }
        } catch {
            let reason = "it does not go with the certificate in \(files.certificate) (\(error))"
            throw TLSFault(variable: "SLUICE_MQTT_TLS_KEY_FILE", path: files.key, reason: reason)
        }
    }

    private func certificates(_ variable: String, _ path: String) throws(TLSFault) -> [NIOSSLCertificate] {
        try checkReadable(variable, path)
        do {
            let found = try NIOSSLCertificate.fromPEMFile(path)
            guard !found.isEmpty else { throw NIOSSLError.failedToLoadCertificate }
            return found
        } catch {
            throw TLSFault(variable: variable, path: path, reason: "there is no certificate in it (PEM is wanted)")
        }
    }

    private func privateKey() throws(TLSFault) -> NIOSSLPrivateKey {
        let variable = "SLUICE_MQTT_TLS_KEY_FILE"
        try checkReadable(variable, files.key)
        do {
            return try NIOSSLPrivateKey(file: files.key, format: .pem)
        } catch {
            let reason = "there is no private key in it (PEM without a passphrase is wanted)"
            throw TLSFault(variable: variable, path: files.key, reason: reason)
        }
    }

    private func checkReadable(_ variable: String, _ path: String) throws(TLSFault) {
        guard access(path, R_OK) == 0 else {
            throw TLSFault(variable: variable, path: path, reason: "cannot be read: \(AccessFile.words(errno))")
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
        return TLSFault(variable: "SLUICE_MQTT_TLS_CERT_FILE", path: files.certificate, reason: reason)
    }
}
