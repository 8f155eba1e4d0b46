// SPDX-License-Identifier: Apache-2.0

import Events

extension StoreDatabase {
    /// What format 4 has beyond format 3.
    func addPacks() throws(SQLiteError) {
        try connection.execute(String(decoding: PackageResources.schema_04_packs_sql, as: UTF8.self))
    }

    /// Makes a pack's table.
    func create(pack: SegmentRecord, lane: Int64) throws(SQLiteError) {
        try connection.execute("CREATE TABLE \(pack.table) (seq INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")
        let statement = try connection.prepare(
            """
            INSERT INTO segments (id, lane, first, last, row_bytes, event_bytes, first_ms, packed_from)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """
        )
        statement.bind(pack.id, at: 1)
        statement.bind(lane, at: 2)
        statement.bind(pack.first, at: 3)
        statement.bind(pack.last, at: 4)
        statement.bind(Int64(pack.rowBytes), at: 5)
        statement.bind(Int64(pack.eventBytes), at: 6)
        statement.bind(pack.firstTimestamp, at: 7)
        statement.bind(pack.packedFrom ?? pack.id, at: 8)
        try statement.run()
    }

    /// Adds bodies to a pack under their keys.
    func add(_ bodies: [(key: UInt64, bytes: [UInt8])], to pack: SegmentRecord) throws(SQLiteError) {
        let statement = try connection.prepare("INSERT INTO \(pack.table) (seq, body) VALUES (?1, ?2)")
        for body in bodies {
            statement.bind(body.key, at: 1)
            statement.bind(body.bytes.span.bytes, at: 2)
            try statement.run()
        }
    }

    /// Notes what a sealed segment holds after some of it went into a pack, or after that was added to it.
    func update(_ segment: SegmentRecord) throws(SQLiteError) {
        let statement = try connection.prepare(
            "UPDATE segments SET first = ?, last = ?, row_bytes = ?, event_bytes = ?, first_ms = ? WHERE id = ?"
        )
        statement.bind(segment.first, at: 1)
        statement.bind(segment.last, at: 2)
        statement.bind(Int64(segment.rowBytes), at: 3)
        statement.bind(Int64(segment.eventBytes), at: 4)
        statement.bind(segment.firstTimestamp, at: 5)
        statement.bind(segment.id, at: 6)
        try statement.run()
    }
}
