// SPDX-License-Identifier: Apache-2.0

/// How long to wait before the next attempt: doubling from 100 ms to 2 s, and 30 s after ten minutes of failing.
///
/// Short, because a link that is back should be found within two seconds; jittered, because a thousand agents lose one
/// hub at the same moment.
package struct ReconnectPolicy: Sendable {
    package static let first: Duration = .milliseconds(100)
    package static let longest: Duration = .seconds(2)
    package static let patience: Duration = .seconds(600)
    /// After ten minutes, and when a hub refuses for a reason that only a person can remove.
    package static let slow: Duration = .seconds(30)

    private var delay = Self.first
    private var failingSince: Duration?
    private var random: UInt64

    /// - Parameter seed: of the jitter.
    package init(seed: UInt64) {
        random = seed
    }

    /// The wait after a failure at `now`: within an eighth of what the doubling says.
    package mutating func failed(at now: Duration) -> Duration {
        let since = failingSince ?? now
        failingSince = since
        let wait = now - since >= Self.patience ? Self.slow : delay
        delay = min(delay * 2, Self.longest)
        return wait - wait / 8 * jitter()
    }

    /// A hub said welcome, or the routes changed.
    package mutating func reset() {
        delay = Self.first
        failingSince = nil
    }

    /// From 0 to 1 (SplitMix64).
    private mutating func jitter() -> Double {
        random &+= 0x9E37_79B9_7F4A_7C15
        var mixed = random
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        mixed ^= mixed >> 31
        return Double(mixed >> 11) / 9_007_199_254_740_992
    }
}
