// SPDX-License-Identifier: Apache-2.0

/// The one name of an event for its whole life: order, resume and deduplication go by it, never by a clock.
package struct EventIdentity: Sendable, Hashable {
    package var node: String
    package var lane: Lane
    /// The first event of a lane has sequence 1.
    package var sequence: UInt64

    package init(node: String, lane: Lane, sequence: UInt64) {
        self.node = node
        self.lane = lane
        self.sequence = sequence
    }
}
