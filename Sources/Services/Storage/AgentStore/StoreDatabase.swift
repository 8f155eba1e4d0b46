// SPDX-License-Identifier: Apache-2.0

import Events

/// The tables beside the segments: what is written when a lane, a segment or a gap changes, never per event.
struct StoreDatabase {
    /// `PRAGMA user_version` of what this program writes.
    static let version = 5

    let connection: SQLiteConnection

    init(_ connection: SQLiteConnection) {
        self.connection = connection
    }

    func insert(_ epoch: EpochRecord) throws(SQLiteError) {
        let statement = try connection.prepare(
            "INSERT INTO epochs (ordinal, id, node, fingerprint) VALUES (?, ?, ?, ?)"
        )
        statement.bind(epoch.epoch.ordinal, at: 1)
        statement.bind(epoch.epoch.id, at: 2)
        statement.bind(epoch.node, at: 3)
        statement.bind(epoch.fingerprint, at: 4)
        try statement.run()
    }

    func insert(_ lane: LaneRecord) throws(SQLiteError) {
        let statement = try connection.prepare(
            "INSERT INTO lanes (id, epoch, partition, last, ceiling) VALUES (?, ?, ?, ?, ?)"
        )
        statement.bind(lane.row, at: 1)
        statement.bind(lane.ordinal, at: 2)
        statement.bind(Int64(lane.lane.partition.number), at: 3)
        statement.bind(lane.last, at: 4)
        statement.bind(lane.ceiling, at: 5)
        try statement.run()
    }

    func update(_ lane: LaneRecord) throws(SQLiteError) {
        let statement = try connection.prepare("UPDATE lanes SET last = ?, ceiling = ? WHERE id = ?")
        statement.bind(lane.last, at: 1)
        statement.bind(lane.ceiling, at: 2)
        statement.bind(lane.row, at: 3)
        try statement.run()
    }

    /// Makes a segment's table.
    func create(_ segment: SegmentRecord, lane: Int64) throws(SQLiteError) {
        try connection.execute("CREATE TABLE \(segment.table) (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")
        let statement = try connection.prepare(
            "INSERT INTO segments (id, lane, first, last, row_bytes, event_bytes, first_ms) VALUES (?, ?, ?, NULL, 0, 0, ?)"
        )
        statement.bind(segment.id, at: 1)
        statement.bind(lane, at: 2)
        statement.bind(segment.first, at: 3)
        statement.bind(segment.firstTimestamp, at: 4)
        try statement.run()
    }

    /// Notes what a segment holds once it takes no more rows.
    func seal(_ segment: SegmentRecord) throws(SQLiteError) {
        let statement = try connection.prepare(
            "UPDATE segments SET last = ?, row_bytes = ?, event_bytes = ? WHERE id = ?"
        )
        statement.bind(segment.last, at: 1)
        statement.bind(Int64(segment.rowBytes), at: 2)
        statement.bind(Int64(segment.eventBytes), at: 3)
        statement.bind(segment.id, at: 4)
        try statement.run()
    }

    /// Writes down all that is known of a sealed segment.
    func save(_ segment: SegmentRecord) throws(SQLiteError) {
        try seal(segment)
        let statement = try connection.prepare("UPDATE segments SET first = ?, first_ms = ? WHERE id = ?")
        statement.bind(segment.first, at: 1)
        statement.bind(segment.firstTimestamp, at: 2)
        statement.bind(segment.id, at: 3)
        try statement.run()
    }

    func drop(_ segment: SegmentRecord) throws(SQLiteError) {
        try connection.execute(
            "DROP TABLE IF EXISTS \(segment.table); DELETE FROM segments WHERE id = \(segment.id)"
        )
    }

    /// Writes a lane's gaps down in place of those that were there.
    func replaceGaps(of lane: LaneRecord) throws(SQLiteError) {
        try connection.execute("DELETE FROM gaps WHERE lane = \(lane.row)")
        let statement = try connection.prepare(
            "INSERT INTO gaps (lane, first, last, reason, end_known) VALUES (?, ?, ?, ?, ?)"
        )
        for gap in lane.gaps {
            statement.bind(lane.row, at: 1)
            statement.bind(gap.first, at: 2)
            statement.bind(gap.last, at: 3)
            statement.bind(Int64(gap.reason.rawValue), at: 4)
            statement.bind(Int64(gap.endKnown ? 1 : 0), at: 5)
            try statement.run()
        }
    }

    /// Writes down the count that a gap belongs to.
    func saveTotal(_ totals: [StoreStatistics.GapCount], of gap: Gap) throws(SQLiteError) {
        for total in totals
        where total.eventClass == gap.lane.partition.eventClass && total.reason == gap.reason {
            try save(total)
        }
    }

    func save(_ total: StoreStatistics.GapCount) throws(SQLiteError) {
        let statement = try connection.prepare(
            "INSERT OR REPLACE INTO gap_totals (class, reason, events) VALUES (?, ?, ?)"
        )
        statement.bind(Int64(total.eventClass.rawValue), at: 1)
        statement.bind(Int64(total.reason.rawValue), at: 2)
        statement.bind(total.events, at: 3)
        try statement.run()
    }

    /// Writes down what a hub has of a lane.
    func save(_ landed: SequenceSet, lane: Int64, hub: UInt64) throws(SQLiteError) {
        let statement = try connection.prepare(
            "INSERT OR REPLACE INTO acks (lane, hub, cumulative, ranges) VALUES (?, ?, ?, ?)"
        )
        var ranges: [UInt8] = []
        for range in landed.beyond {
            for bound in [range.lowerBound, range.upperBound] {
                withUnsafeBytes(of: bound.bigEndian) { ranges.append(contentsOf: $0) }
            }
        }
        statement.bind(lane, at: 1)
        statement.bind(hub, at: 2)
        statement.bind(landed.cumulative, at: 3)
        statement.bind(ranges.span.bytes, at: 4)
        try statement.run()
    }

    /// Removes all that is known of epochs that are drained.
    func forget(epochs ordinals: Set<UInt64>) throws(SQLiteError) {
        for ordinal in ordinals {
            let lanes = "lane IN (SELECT id FROM lanes WHERE epoch = \(ordinal))"
            try connection.execute(
                """
                DELETE FROM acks WHERE \(lanes); DELETE FROM gaps WHERE \(lanes); DELETE FROM lanes WHERE epoch = \(ordinal);
                DELETE FROM clocks WHERE epoch = \(ordinal); DELETE FROM epochs WHERE ordinal = \(ordinal)
                """
            )
        }
    }

    /// When an event was taken; nil when its row is not there or damaged.
    func timestamp(of sequence: UInt64, in segment: SegmentRecord) throws(SQLiteError) -> Int64? {
        if segment.isPacked { return try PackOpener(connection).timestamp(of: sequence, in: segment) }
        let statement = try connection.prepare("SELECT body FROM \(segment.table) WHERE seq = ?")
        statement.bind(sequence, at: 1)
        guard try statement.step() else { return nil }
        return statement.withBlob(0) { RowFormat.decode($0, sequence: sequence)?.timestamp }
    }
}
