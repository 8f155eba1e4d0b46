// SPDX-License-Identifier: Apache-2.0

import Events

/// What the statements of ``HubLogSchema`` do not do.
enum HubLogMigration {
    /// Makes the table of a log of version 2 the first segment, without touching its rows, and begins the next.
    ///
    /// A new column would read all of a STRICT table (https://sqlite.org/lang_altertable.html), so it gets none.
    static func takeOver(_ database: SQLiteConnection) throws(SQLiteError) {
        let statements = HubLogStatements(database)
        guard let first = try database.integer("SELECT position FROM log ORDER BY position LIMIT 1"),
            let last = try database.integer("SELECT max(position) FROM log")
        else {
            try database.execute("DROP TABLE log")
            return try HubLogSegment.begin(at: 1, before: 0, ms: 0, age: 0, in: database)
        }
        try database.execute("ALTER TABLE log RENAME TO \(HubLogSegment.table(first))")
        let landed = try database.integer("SELECT max(landed_ms) FROM lanes") ?? 0
        let insert = try statements(
            """
            INSERT INTO segments (first, last, format, before, began_ms, began_age, ended_ms, ended_age)
            VALUES (?, ?, 2, 0, 0, 0, ?, 0)
            """
        )
        insert.bind(first, at: 1)
        insert.bind(last, at: 2)
        insert.bind(landed, at: 3)
        try insert.run()
        try database.execute("INSERT INTO segment_primers SELECT \(first), id FROM primers WHERE used = 1")
        let events = try database.integer("SELECT sum(events) FROM lanes") ?? 0
        try HubLogSegment.begin(at: last + 1, before: UInt64(bitPattern: events), ms: landed, age: 0, in: database)
    }

    /// Says once more whose lanes there are, with checksums.
    static func copyIdentities(_ database: SQLiteConnection) throws(SQLiteError) {
        let statements = HubLogStatements(database)
        let select = try statements(
            """
            SELECT lanes.id, nodes.name, epochs.epoch, lanes.partition
            FROM lanes JOIN epochs ON epochs.id = lanes.epoch JOIN nodes ON nodes.id = epochs.node
            """
        )
        defer { select.reset() }
        while try select.step() {
            let partition = Partition(number: UInt32(truncatingIfNeeded: select.integer(3)))
            let lane = Lane(epoch: select.unsigned(2), partition: partition)
            let key = HubLogLane.Key(node: select.text(1), lane: lane)
            try HubLogIdentity(laneID: select.integer(0), key: key).insert(statements)
        }
    }
}
