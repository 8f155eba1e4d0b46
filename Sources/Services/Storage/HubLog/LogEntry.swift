// SPDX-License-Identifier: Apache-2.0

package import Events

/// One row of the hub's log, opened: the new events of one landed batch.
package struct LogEntry: Sendable {
    /// Ascending in landing order.
    package var position: Int64
    package var node: String
    package var lane: Lane
    /// Only the events that were new when the batch landed.
    package var block: EventBlock

    package init(position: Int64, node: String, lane: Lane, block: EventBlock) {
        self.position = position
        self.node = node
        self.lane = lane
        self.block = block
    }
}
