// SPDX-License-Identifier: Apache-2.0

package import Events

extension HubLogReader {
    /// What corrects the times of an entry's events, as far as the snapshot knows.
    package func clock(of entry: LogEntry) throws(StoreError) -> LaneClock {
        try reading { () throws(SQLiteError) in try clocks.clock(of: entry.lane, node: entry.node) }
    }
}
