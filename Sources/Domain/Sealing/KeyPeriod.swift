// SPDX-License-Identifier: Apache-2.0

/// How long one content key is used: what is taken from memory later opens nothing from before.
package struct KeyPeriod: Sendable {
    /// When the next one is due; times are since any fixed start.
    package let end: Duration

    package init(from begin: Duration, length: Duration) {
        end = begin + length
    }

    /// Whether it is time for a new key.
    ///
    /// - Parameters:
    ///   - sealed, opened: frames under the key of either direction; half of what is allowed leaves time to agree.
    package func isOver(sealed: UInt64, opened: UInt64, at now: Duration) -> Bool {
        now >= end || max(sealed, opened) >= SealingKey.limit / 2
    }
}
