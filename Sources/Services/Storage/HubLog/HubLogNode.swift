// SPDX-License-Identifier: Apache-2.0

package import Events

/// What the log holds of one node.
package struct HubLogNode: Sendable, Equatable {
    /// One lane of the node.
    package struct LaneSummary: Sendable, Equatable {
        package var lane: Lane
        /// Place of the epoch in the node's store; 0 when the node never introduced it.
        package var ordinal: UInt64
        /// Events landed.
        package var events: UInt64
        /// All up to this sequence has landed or is a gap.
        package var cumulative: UInt64
        /// The highest sequence that landed.
        package var highest: UInt64
        /// Milliseconds since 1970 by the hub's clock at the last landing; 0 when nothing landed.
        package var lastLanding: Int64

        /// Reads the row that the query in ``HubLogReader/nodes()`` stands on.
        init(_ row: SQLiteStatement) {
            lane = Lane(
                epoch: row.unsigned(1),
                partition: Partition(number: UInt32(truncatingIfNeeded: row.integer(3)))
            )
            ordinal = row.unsigned(2)
            events = row.unsigned(4)
            cumulative = row.unsigned(5)
            highest = row.unsigned(6)
            lastLanding = row.integer(7)
        }
    }

    package var name: String
    /// By ordinal of the epoch, then partition.
    package var lanes: [LaneSummary] = []

    /// Events landed in all lanes.
    package var events: UInt64 { lanes.reduce(0) { $0 &+ $1.events } }
    /// Hub's clock at the last landing in any lane; 0 when nothing landed.
    package var lastLanding: Int64 { lanes.map(\.lastLanding).max() ?? 0 }

    init(name: String) {
        self.name = name
    }
}
