// SPDX-License-Identifier: Apache-2.0

/// A content key that one recipient can open: HPKE's two outputs (RFC 9180 section 6.1), and whose they are.
///
/// The suite is X-Wing (ML-KEM-768 and X25519, draft-connolly-cfrg-xwing-kem), HKDF-SHA-256 and AES-256-GCM: what is
/// recorded today stays closed to a quantum computer, and to a break of either of the two.
package struct WrappedKey: Sendable, Equatable {
    /// Bytes of ``encapsulated``: an ML-KEM-768 ciphertext and an X25519 public key.
    package static let encapsulatedBytes = 1_120
    /// Bytes of ``sealed``: the content key and a tag.
    package static let sealedBytes = ContentKey.bytes + 16

    /// The recipient's key: the first eight bytes of the SHA-256 of its public key, big-endian.
    package var recipient: UInt64
    package var encapsulated: [UInt8]
    package var sealed: [UInt8]

    package init(recipient: UInt64, encapsulated: [UInt8], sealed: [UInt8]) {
        self.recipient = recipient
        self.encapsulated = encapsulated
        self.sealed = sealed
    }
}
