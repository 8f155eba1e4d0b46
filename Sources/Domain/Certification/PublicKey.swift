// SPDX-License-Identifier: Apache-2.0

package import Crypto
import FoundationEssentials

/// A public key on the curve P-256, the only kind that certificates of a fleet are for.
package struct PublicKey: Equatable, Sendable {
    let key: P256.Signing.PublicKey
    /// SubjectPublicKeyInfo (RFC 5480 section 2).
    package let bytes: [UInt8]

    package init(_ key: P256.Signing.PublicKey) {
        self.key = key
        bytes = Array(key.derRepresentation)
    }

    /// Nil for another kind of key, and for a point that is not on the curve.
    init?(_ bytes: some Sequence<UInt8>) {
        let bytes = Array(bytes)
        guard let key = try? P256.Signing.PublicKey(derRepresentation: bytes) else { return nil }
        self.init(key)
        // One key has one form, so that its hash is its name.
        guard self.bytes == bytes else { return nil }
    }

    package static func == (left: PublicKey, right: PublicKey) -> Bool { left.bytes == right.bytes }

    /// What names it to people and in tokens.
    package var hash: [UInt8] { Array(SHA256.hash(data: bytes)) }

    /// As `SLUICE_HUB_PIN` has it (RFC 7469 section 2.4).
    package var pin: String { "sha256/" + Data(hash).base64EncodedString() }

    /// What ties a certificate to that of its issuer: 160 bits of a hash of the point (RFC 7093 section 2, method 1).
    var identifier: [UInt8] { Array(SHA256.hash(data: key.x963Representation).prefix(20)) }

    /// - Parameter signature: in DER (RFC 3279 section 2.2.3).
    func isValid(_ signature: some Sequence<UInt8>, of message: some Sequence<UInt8>) -> Bool {
        guard let signature = try? P256.Signing.ECDSASignature(derRepresentation: Array(signature)) else {
            return false
        }
        return key.isValidSignature(signature, for: Array(message))
    }
}
