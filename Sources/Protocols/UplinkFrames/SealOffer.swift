// SPDX-License-Identifier: Apache-2.0

/// What a content key for a hub is made for: a number that the hub has never used before, and the keys that it can open with.
///
/// ```
/// +----------------+-----------+----------+
/// | challenge (32) | key count | keys (8) |
/// +----------------+-----------+----------+
/// ```
package struct SealOffer: Sendable, Equatable {
    /// Bytes of ``challenge``.
    package static let challengeBytes = 32

    /// Random, so that nothing recorded on another connection fits this one.
    package var challenge: [UInt8]
    /// The hub's sealing keys, the newest first, by the first eight bytes of their SHA-256.
    package var keys: [UInt64]

    package init(challenge: [UInt8], keys: [UInt64]) {
        self.challenge = challenge
        self.keys = keys
    }
}
