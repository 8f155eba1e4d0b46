// SPDX-License-Identifier: Apache-2.0

import NIOSSL

/// The PEM files of one side of TLS, and the variables that name them.
package struct TLSFiles: Sendable, Equatable {
    /// What the names of their variables begin with.
    package var prefix: String
    package var certificate: String
    package var key: String
    /// Clients have to show a certificate of one of these authorities.
    package var clientAuthorities: String?

    package init(
        prefix: String = "SLUICE_MQTT_TLS",
        certificate: String,
        key: String,
        clientAuthorities: String? = nil
    ) {
        self.prefix = prefix
        self.certificate = certificate
        self.key = key
        self.clientAuthorities = clientAuthorities
    }

    var certificateVariable: String { prefix + "_CERT_FILE" }
    var keyVariable: String { prefix + "_KEY_FILE" }
    var clientAuthoritiesVariable: String { prefix + "_CLIENT_CA_FILE" }

    /// The certificate, and those between it and its authority.
    func chain() throws(TLSFault) -> [NIOSSLCertificate] {
        try PEMFile(certificateVariable, certificate).certificates()
    }

    /// When the certificate ends, in seconds since 1970; nil where it cannot be read.
    package var expiry: Int64? { (try? chain())?.first.map { Int64($0.notValidAfter) } }

    func privateKey() throws(TLSFault) -> NIOSSLPrivateKey {
        try PEMFile(keyVariable, key).privateKey()
    }

    /// What a certificate and a key that do not belong together are complained of with.
    func mismatch(_ error: any Error) -> TLSFault {
        let reason = "it does not go with the certificate in \(certificate) (\(error))"
        return TLSFault(variable: keyVariable, path: key, reason: reason)
    }
}
