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
    /// Newer events of the partition had landed before, of this epoch or a later one: a backlog that was sent beside them, or
    /// what another way had lost.
    package var isHistorical: Bool

    package init(position: Int64, node: String, lane: Lane, block: EventBlock, isHistorical: Bool = false) {
        self.position = position
        self.node = node
        self.lane = lane
        self.block = block
        self.isHistorical = isHistorical
    }
}
