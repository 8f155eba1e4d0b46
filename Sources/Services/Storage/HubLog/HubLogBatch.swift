// SPDX-License-Identifier: Apache-2.0

package import Events

/// One row of the hub's log, unopened: a batch as it came.
package struct HubLogBatch: Sendable {
    /// Ascending in landing order.
    package var position: Int64
    package var node: String
    package var lane: Lane
    /// The first event that landed with it; a batch may begin with events that had landed before.
    package var firstLanded: UInt64
    package var bytes: [UInt8]

    init(_ row: HubLogRow) {
        position = row.position
        node = row.node
        lane = row.lane
        let ranges = row.kept.flatMap { HubLogRow.decode($0, first: row.first) }
        firstLanded = ranges?.first?.lowerBound ?? row.first
        bytes = row.batch
    }
}
