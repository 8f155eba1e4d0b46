// SPDX-License-Identifier: Apache-2.0

import Events

extension StoreDatabase {
    /// What format 3 has beyond format 2.
    func addClocks() throws(SQLiteError) {
        try connection.execute(String(decoding: PackageResources.schema_03_clocks_sql, as: UTF8.self))
    }

    func insert(_ clock: StoredClock) throws(SQLiteError) {
        let statement = try connection.prepare(
            """
            INSERT INTO clocks (epoch, ordinal, boot, uptime_ms, wall_ms, quality, places, running_ms, hub)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """
        )
        let reading = clock.record.reading
        statement.bind(clock.epoch.ordinal, at: 1)
        statement.bind(Int64(clock.record.ordinal), at: 2)
        statement.bind(reading.boot, at: 3)
        statement.bind(reading.uptime, at: 4)
        statement.bind(reading.wall, at: 5)
        statement.bind(Int64(reading.quality.rawValue), at: 6)
        statement.bind(ClockPlaces.encode(clock.record.places).span.bytes, at: 7)
        statement.bind(clock.running, at: 8)
        statement.bind(clock.hub, at: 9)
        try statement.run()
    }

    func delete(_ clock: StoredClock) throws(SQLiteError) {
        try connection.execute(
            "DELETE FROM clocks WHERE epoch = \(clock.epoch.ordinal) AND ordinal = \(clock.record.ordinal)"
        )
    }

    /// Writes down which hub has a record.
    func saveHub(of clock: StoredClock) throws(SQLiteError) {
        let statement = try connection.prepare("UPDATE clocks SET hub = ? WHERE epoch = ? AND ordinal = ?")
        statement.bind(clock.hub, at: 1)
        statement.bind(clock.epoch.ordinal, at: 2)
        statement.bind(Int64(clock.record.ordinal), at: 3)
        try statement.run()
    }

    /// Moves the running times of a boot.
    func moveRunning(of boot: UInt64, by jump: Int64) throws(SQLiteError) {
        for table in ["clocks", "running"] {
            let statement = try connection.prepare("UPDATE \(table) SET running_ms = running_ms + ? WHERE boot = ?")
            statement.bind(jump, at: 1)
            statement.bind(boot, at: 2)
            try statement.run()
        }
    }

    /// Notes where the running time has come.
    func save(_ heartbeat: RunningTime.Mark) throws(SQLiteError) {
        let statement = try connection.prepare(
            """
            INSERT OR REPLACE INTO running (id, boot, uptime_ms, wall_ms, quality, running_ms) VALUES (1, ?, ?, ?, ?, ?)
            """
        )
        statement.bind(heartbeat.reading.boot, at: 1)
        statement.bind(heartbeat.reading.uptime, at: 2)
        statement.bind(heartbeat.reading.wall, at: 3)
        statement.bind(Int64(heartbeat.reading.quality.rawValue), at: 4)
        statement.bind(heartbeat.running, at: 5)
        try statement.run()
    }

    /// Reads clock records and running time; there are none in what only an older program wrote.
    func loadClocks(into loaded: inout Loaded) throws(SQLiteError) {
        guard try connection.integer("PRAGMA user_version") ?? 0 > 2 else { return }
        let epochs = Dictionary(uniqueKeysWithValues: loaded.index.epochs.map { ($0.epoch.ordinal, $0.epoch) })
        let rows = try connection.prepare(
            """
            SELECT boot, uptime_ms, wall_ms, quality, running_ms, epoch, ordinal, places, hub FROM clocks
            ORDER BY epoch, ordinal
            """
        )
        while try rows.step() {
            guard let epoch = epochs[rows.unsigned(5)], let mark = Self.mark(rows),
                let places = rows.withBlob(7, ClockPlaces.decode)
            else { continue }
            let ordinal = UInt32(truncatingIfNeeded: rows.integer(6))
            let record = ClockRecord(ordinal: ordinal, reading: mark.reading, places: places)
            loaded.clocks.append(
                StoredClock(epoch: epoch, record: record, running: mark.running, hub: rows.unsigned(8))
            )
        }
        let heartbeat = try connection.prepare("SELECT boot, uptime_ms, wall_ms, quality, running_ms FROM running")
        if try heartbeat.step() { loaded.heartbeat = Self.mark(heartbeat) }
    }

    /// Nil where a figure cannot be.
    private static func mark(_ row: SQLiteStatement) -> RunningTime.Mark? {
        let limit = -ClockReading.limit...ClockReading.limit
        guard let quality = ClockQuality(rawValue: UInt8(truncatingIfNeeded: row.integer(3))),
            limit.contains(row.integer(1)), limit.contains(row.integer(2)), limit.contains(row.integer(4))
        else { return nil }
        let reading = ClockReading(
            boot: row.unsigned(0),
            uptime: row.integer(1),
            wall: row.integer(2),
            quality: quality
        )
        return RunningTime.Mark(running: row.integer(4), reading: reading)
    }
}
