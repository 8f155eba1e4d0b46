// SPDX-License-Identifier: Apache-2.0

package import Events
import Startup
package import Storage

/// What `export` prints: one JSON object per event and line.
///
/// ```
/// {"node":"gw","epoch":"00000000000000a1","partition":1,"seq":7,"topic":"a/b","ts_ms":1700000000000,
///  "ts_raw_ms":1700000000000,"ts_quality":"synchronised","payload":"21.5"}
/// ```
/// A payload that is no UTF-8 is `payload_b64`; `attributes` is there where the event has any, and `"historical":true`
/// where newer events of its partition had landed before it.
package struct ExportRows {
    private let showsPosition: Bool
    private var rows = EventRows(reserving: 1 << 19)
    private var head = JSONBytes(reserving: 256)

    /// - Parameter showsPosition: adds the log position, from which `export --after` goes on.
    package init(showsPosition: Bool = false) {
        self.showsPosition = showsPosition
    }

    /// Complete rows that were added and not taken yet.
    package var bytes: [UInt8] { rows.bytes }
    package var count: Int { rows.count }

    package mutating func removeAll() {
        rows.removeAll()
    }

    /// Adds the rows of one log entry.
    ///
    /// - Parameter clock: what corrects the times of its events.
    package mutating func append(_ entry: LogEntry, clock: LaneClock) {
        writeHead(entry)
        rows.append(entry.block, head: head.bytes, clock: clock)
    }

    /// What all rows of an entry begin with.
    private mutating func writeHead(_ entry: LogEntry) {
        head.removeAll()
        head.append(EventRows.head(node: entry.node, lane: entry.lane))
        if showsPosition {
            head.append("\"position\":")
            head.append(entry.position)
            head.append(",")
        }
        if entry.isHistorical { head.append("\"historical\":true,") }
    }
}
