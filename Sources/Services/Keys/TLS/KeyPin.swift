// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
package import NIOSSL

/// The name of a public key that is trusted for itself.
///
/// `sha256/` and the base64 of the SHA-256 of its SubjectPublicKeyInfo (RFC 7469 section 2.4). It outlives the
/// certificate, if that is renewed with the same key.
package enum KeyPin {
    /// The pin of the key in a certificate; nil where its kind is not known.
    package static func text(of certificate: NIOSSLCertificate) -> String? {
        guard let key = try? certificate.extractPublicKey(), let info = try? key.toSPKIBytes() else { return nil }
        return "sha256/" + Data(SHA256.hash(data: info)).base64EncodedString()
    }
}
