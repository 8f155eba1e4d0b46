// SPDX-License-Identifier: Apache-2.0

import Crypto

/// A hash over all that agent and hub said to each other of keys, in order.
///
/// Whoever changes, leaves out, replays or swaps a part of it leaves the two with different hashes; signatures, wrapped
/// keys and the keys of both directions depend on it, so that nothing opens then.
///
/// ```
/// h0   = SHA-256("sluice sealing 1")
/// hn+1 = SHA-256(hn | type | body)         frames in the order in which they are sent; key without its signature
/// ```
package struct SealTranscript: Sendable, Equatable {
    private var hash: [UInt8]

    package init() {
        hash = Array(SHA256.hash(data: Array("sluice sealing 1".utf8)))
    }

    /// - Parameter frame: the frame's type and body.
    package mutating func absorb(_ frame: [UInt8]) {
        hash = Array(SHA256.hash(data: hash + frame))
    }

    /// What a node signs: that it made the content key for this connection.
    ///
    /// It begins with a control character, so that it is no text that the same key signs (a checkpoint).
    package var signed: [UInt8] { Array("\0sluice sealing 1: content key of a node\0".utf8) + hash }

    /// Whether `signature` is that of an Ed25519 key over ``signed``.
    package func isSigned(by key: [UInt8], _ signature: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: key) else { return false }
        return key.isValidSignature(signature, for: signed)
    }

    /// HPKE's `info`: a wrapped key opens in this conversation only.
    package var wrapping: [UInt8] { Array("sluice sealing 1: content key\0".utf8) + hash }

    /// The key with which an agent seals.
    package func agentSealing(_ key: ContentKey) -> SealingKey { SealingKey(toHub(key)) }
    /// The key with which a hub opens what its agent sealed.
    package func hubOpening(_ key: ContentKey) -> OpeningKey { OpeningKey(toHub(key)) }
    /// The key with which a hub seals.
    package func hubSealing(_ key: ContentKey) -> SealingKey { SealingKey(toAgent(key)) }
    /// The key with which an agent opens what its hub sealed.
    package func agentOpening(_ key: ContentKey) -> OpeningKey { OpeningKey(toAgent(key)) }

    private func toHub(_ key: ContentKey) -> SymmetricKey { derive(key, "sluice sealing 1: agent to hub") }
    private func toAgent(_ key: ContentKey) -> SymmetricKey { derive(key, "sluice sealing 1: hub to agent") }

    /// RFC 5869.
    private func derive(_ key: ContentKey, _ direction: String) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key.secret,
            salt: hash,
            info: Array(direction.utf8),
            outputByteCount: ContentKey.bytes
        )
    }
}
