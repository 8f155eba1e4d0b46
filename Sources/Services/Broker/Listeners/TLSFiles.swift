// SPDX-License-Identifier: Apache-2.0

/// The PEM files that TLS listeners work with.
package struct TLSFiles: Sendable, Equatable {
    package var certificate: String
    package var key: String
    /// Clients have to show a certificate of one of these authorities.
    package var clientAuthorities: String?

    package init(certificate: String, key: String, clientAuthorities: String? = nil) {
        self.certificate = certificate
        self.key = key
        self.clientAuthorities = clientAuthorities
    }
}
