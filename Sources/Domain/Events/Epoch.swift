// SPDX-License-Identifier: Apache-2.0

/// One opening of a store for writing.
///
/// `id` is random, so a store that was restored from a backup or cloned can never reuse a sequence for other content;
/// `ordinal` counts the openings of one store and gives the order in which epochs are drained.
package struct Epoch: Sendable, Hashable {
    /// Random 64-bit name of this opening; zero is never used.
    package var id: UInt64
    /// One more than the ordinal of the opening before it in the same store; the first is 1.
    package var ordinal: UInt64

    package init(id: UInt64, ordinal: UInt64) {
        self.id = id
        self.ordinal = ordinal
    }

    /// Sixteen lower-case hexadecimal digits, as exports and status show it.
    package var name: String { Self.name(of: id) }

    /// Sixteen lower-case hexadecimal digits for the random part of an epoch.
    package static func name(of id: UInt64) -> String {
        let digits = String(id, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
