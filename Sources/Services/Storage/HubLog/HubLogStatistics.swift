// SPDX-License-Identifier: Apache-2.0

/// What the log knows about itself without asking the disk.
package struct HubLogStatistics: Sendable {
    /// What retention has dropped, ever (`SLUICE_HUB_KEEP`).
    package struct Dropped: Sendable, Equatable {
        package var events: UInt64 = 0
        /// Positions up to this are not kept any more; 0: all are.
        package var position: Int64 = 0
        /// Hub's clock when that happened last.
        package var milliseconds: Int64 = 0

        package init() {}
    }

    /// Events landed since this opening.
    package var landed: UInt64 = 0
    /// Events that came again and were not landed a second time, since this opening.
    package var repeated: UInt64 = 0
    /// Events landed, ever.
    package var total: UInt64 = 0
    /// Events in the log: landed, and not dropped since.
    package var events: UInt64 { total &- min(total, dropped.events) }
    /// Events that are lost for good, in gaps whose end is known.
    package var gapEvents: UInt64 = 0
    /// Gaps whose end nobody can know.
    package var openGaps: Int = 0
    /// Bytes on disk, WAL included.
    package var diskBytes: Int64 = 0
    package var nodes: Int = 0
    /// Primers of all nodes.
    package var primers: Int = 0
    package var dropped = Dropped()
    /// The oldest position that is kept, or would be.
    package var oldestPosition: Int64 = 1
    /// Hub's clock when the oldest segment began; nil where that is not known.
    package var oldestMilliseconds: Int64?
    /// The reader that has not handed on yet what retention would drop; nil when none is in the way.
    package var awaitedReader: String?
    /// Why nothing lands at present; nil when all is well.
    package var trouble: String?

    package init() {}
}
