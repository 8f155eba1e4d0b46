// SPDX-License-Identifier: Apache-2.0

package import Events

/// A lane that came to be after hello, or a lane's new ceiling.
///
/// ```
/// +--------+-----------+-----------+---------+---------+
/// | handle | epoch (8) | partition | ordinal | ceiling |
/// +--------+-----------+-----------+---------+---------+
/// ```
package struct LaneOpening: Sendable, Equatable {
    /// The next unused number, or a known handle.
    package var handle: UInt32
    package var lane: Lane
    package var ordinal: UInt64
    package var ceiling: UInt64

    package init(handle: UInt32, lane: Lane, ordinal: UInt64, ceiling: UInt64) {
        self.handle = handle
        self.lane = lane
        self.ordinal = ordinal
        self.ceiling = ceiling
    }
}
