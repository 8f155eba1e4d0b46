// SPDX-License-Identifier: Apache-2.0

package import Certification
import Crypto
package import Keys

/// A private key on the curve P-256.
package struct SigningKey: Sendable {
    private let key: P256.Signing.PrivateKey

    package init() {
        key = P256.Signing.PrivateKey()
    }

    /// Nil for what is no such key in PEM, with or without certificates behind it.
    init?(_ text: String) {
        // Crypto reads one block.
        let mark = "-----END PRIVATE KEY-----"
        guard let start = text.firstRange(of: "-----BEGIN PRIVATE KEY-----"), let end = text.firstRange(of: mark),
            start.lowerBound < end.lowerBound,
            let key = try? P256.Signing.PrivateKey(pemRepresentation: String(text[start.lowerBound..<end.upperBound]))
        else { return nil }
        self.key = key
    }

    /// The key in a file that nobody else may read; nil where there is no file.
    package init?(in file: KeyFile) throws(KeyFault) {
        guard let bytes = try file.read(isSecret: true) else { return nil }
        guard let key = SigningKey(String(decoding: bytes, as: UTF8.self)) else {
            throw file.fault("holds no private key of the curve P-256: put it back from a backup, or remove it")
        }
        self = key
    }

    package var publicKey: PublicKey { PublicKey(key.publicKey) }

    /// PKCS#8 in PEM: a secret.
    package var text: String { key.pemRepresentation + "\n" }

    /// In DER.
    package func sign(_ message: [UInt8]) throws -> [UInt8] {
        Array(try key.signature(for: message).derRepresentation)
    }
}
