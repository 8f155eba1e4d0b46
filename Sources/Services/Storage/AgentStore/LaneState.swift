// SPDX-License-Identifier: Apache-2.0

package import Events

/// Where a lane stands.
package struct LaneState: Sendable, Equatable {
    package var lane: Lane
    /// Ordinal of the lane's epoch.
    package var ordinal: UInt64
    /// The node name under which the epoch was opened.
    package var node: String
    /// Acknowledged by the hub: all up to this sequence has landed or is a gap.
    package var acknowledged: UInt64
    /// The last sequence that was given out; 0 when none was.
    package var last: UInt64
    /// No sequence above this was ever given out in this lane, whatever a crash lost.
    package var ceiling: UInt64
    /// True for lanes of a routing configuration newer than lanes before it that still hold events: they wait.
    package var held: Bool

    package init(
        lane: Lane,
        ordinal: UInt64,
        node: String,
        acknowledged: UInt64,
        last: UInt64,
        ceiling: UInt64,
        held: Bool
    ) {
        self.lane = lane
        self.ordinal = ordinal
        self.node = node
        self.acknowledged = acknowledged
        self.last = last
        self.ceiling = ceiling
        self.held = held
    }
}
