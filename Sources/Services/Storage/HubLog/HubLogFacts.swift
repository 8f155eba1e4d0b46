// SPDX-License-Identifier: Apache-2.0

/// What the log remembers of itself in the table `meta`, beside its id.
struct HubLogFacts: Sendable, Equatable {
    /// Age of the log, and the reading that it was told at; nil for a log that has never been told the time.
    var age: HubLogAge?
    /// Age of the log at its last landing.
    var landedAge: Int64 = 0
    /// What retention has dropped, ever.
    var dropped = HubLogStatistics.Dropped()

    init() {}

    init(_ database: SQLiteConnection) throws(SQLiteError) {
        var values: [String: Int64] = [:]
        let select = try database.prepare("SELECT key, value FROM meta")
        while try select.step() { values[select.text(0)] = select.integer(1) }
        if let age = values["age_ms"], let wall = values["clock_wall_ms"], let boot = values["clock_boot"],
            let sinceBoot = values["clock_since_boot_ms"]
        {
            self.age = HubLogAge(milliseconds: age, reading: .init(wall: wall, sinceBoot: sinceBoot, boot: boot))
        }
        landedAge = values["landed_age_ms"] ?? 0
        dropped.events = UInt64(bitPattern: values["dropped_events"] ?? 0)
        dropped.position = values["dropped_position"] ?? 0
        dropped.milliseconds = values["dropped_ms"] ?? 0
    }

    /// Writes all of it; part of a transaction.
    func save(_ statements: HubLogStatements) throws(SQLiteError) {
        var values: [String: Int64] = ["landed_age_ms": landedAge]
        if let age {
            values["age_ms"] = age.milliseconds
            values["clock_wall_ms"] = age.reading.wall
            values["clock_since_boot_ms"] = age.reading.sinceBoot
            values["clock_boot"] = age.reading.boot
        }
        if dropped.position > 0 {
            values["dropped_events"] = Int64(bitPattern: dropped.events)
            values["dropped_position"] = dropped.position
            values["dropped_ms"] = dropped.milliseconds
        }
        let insert = try statements(
            "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
        )
        for (key, value) in values {
            insert.bind(key, at: 1)
            insert.bind(value, at: 2)
            try insert.run()
        }
    }
}
