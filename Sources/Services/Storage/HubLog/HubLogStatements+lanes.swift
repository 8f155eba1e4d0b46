// SPDX-License-Identifier: Apache-2.0

import Events

extension HubLogStatements {
    /// Writes what has landed of a lane, but for its ranges.
    func write(_ lane: HubLogLane) throws(SQLiteError) {
        let update = try self(
            """
            UPDATE lanes SET cumulative = ?, highest = ?, events = ?, last = ?, ceiling = ?, closed = ?, landed_ms = ?,
                checksum = ?, ranges = ?
            WHERE id = ?
            """
        )
        update.bind(lane.landed.cumulative, at: 1)
        update.bind(lane.highest, at: 2)
        update.bind(lane.events, at: 3)
        update.bind(lane.last, at: 4)
        update.bind(lane.ceiling, at: 5)
        update.bind(Int64(lane.closed ? 1 : 0), at: 6)
        update.bind(lane.landedMilliseconds, at: 7)
        update.bind(HubLogChecksum.of(lane), at: 8)
        update.bind(HubLogChecksum.of(ranges: lane.landed.beyond), at: 9)
        update.bind(lane.id, at: 10)
        try update.run()
    }

    /// Writes ranges of a lane that landed beyond the consecutive part.
    func insert(_ ranges: some Sequence<ClosedRange<UInt64>>, lane: Int64) throws(SQLiteError) {
        let insert = try self("INSERT INTO landed_ranges (lane, first, last) VALUES (?, ?, ?)")
        for range in ranges {
            insert.bind(lane, at: 1)
            insert.bind(range.lowerBound, at: 2)
            insert.bind(range.upperBound, at: 3)
            try insert.run()
        }
    }

    /// Records a gap unless the same one is there; tells whether it was not.
    func insert(_ gap: Gap, lane: Int64, recorded: Int64) throws(SQLiteError) -> Bool {
        let insert = try self(
            """
            INSERT OR IGNORE INTO gaps (lane, first, last, reason, end_known, recorded_ms, checksum)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """
        )
        insert.bind(lane, at: 1)
        insert.bind(gap.first, at: 2)
        insert.bind(gap.last, at: 3)
        insert.bind(Int64(gap.reason.rawValue), at: 4)
        insert.bind(Int64(gap.endKnown ? 1 : 0), at: 5)
        insert.bind(recorded, at: 6)
        insert.bind(HubLogChecksum.of(gap, lane: lane, recorded: recorded), at: 7)
        try insert.run()
        return database.changes > 0
    }
}
