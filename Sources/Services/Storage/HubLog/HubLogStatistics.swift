// SPDX-License-Identifier: Apache-2.0

/// What the log knows about itself without asking the disk.
package struct HubLogStatistics: Sendable {
    /// Events landed since this opening.
    package var landed: UInt64 = 0
    /// Events that came again and were not landed a second time, since this opening.
    package var repeated: UInt64 = 0
    /// Events in the log.
    package var events: UInt64 = 0
    /// Events that are lost for good, in gaps whose end is known.
    package var gapEvents: UInt64 = 0
    /// Gaps whose end nobody can know.
    package var openGaps: Int = 0
    /// Bytes on disk, WAL included.
    package var diskBytes: Int64 = 0
    package var nodes: Int = 0
    /// Primers of all nodes.
    package var primers: Int = 0
    /// Why nothing lands at present; nil when all is well.
    package var trouble: String?

    package init() {}
}
