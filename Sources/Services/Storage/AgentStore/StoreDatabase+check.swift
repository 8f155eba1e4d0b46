// SPDX-License-Identifier: Apache-2.0

extension StoreDatabase {
    /// The tables that a format has, segments and packs left out.
    private static func tables(ofFormat format: Int64) -> [String] {
        ["meta", "epochs", "lanes", "segments", "gaps", "gap_totals", "acks"]
            + (format > 1 ? ["primers"] : []) + (format > 2 ? ["clocks", "running"] : [])
            + (format > 4 ? ["records"] : [])
    }

    /// Which format the tables are of; nil when of none that this program knows.
    private func shape() throws(SQLiteError) -> Int64? {
        let rows = try connection.prepare(
            """
            SELECT name FROM sqlite_schema
            WHERE type = 'table' AND NOT (name GLOB 'segment_*' OR name GLOB 'pack_*' OR name GLOB 'sqlite_*')
            """
        )
        var names: Set<String> = []
        while try rows.step() { names.insert(rows.text(0)) }
        let count = try connection.integer(
            "SELECT count(*) FROM pragma_table_info('segments') WHERE name = 'packed_from'"
        )
        let hasPacks = count == 1
        return (1...Int64(Self.version)).first {
            Set(Self.tables(ofFormat: $0)) == names && ($0 > 3) == hasPacks
        }
    }

    /// The format of what a newer program wrote; nil when it is this one's or an older one's, or is damage.
    ///
    /// Another format has other tables. Where only the number differs, the number is damaged.
    func newerFormat() throws(SQLiteError) -> Int? {
        let found = try connection.integer("PRAGMA user_version") ?? 0
        guard found > Self.version, try shape() == nil else { return nil }
        return Int(found)
    }

    /// Throws when the tables beside the segments are damaged or do not agree with each other; reads no event.
    ///
    /// SQLite reads a page that was swapped with another table's without complaint, and a lane that is missed that way
    /// would be lost without a word; a file that is too short is read as zeros. Types are checked, too, as these tables are STRICT
    /// (https://sqlite.org/pragma.html#pragma_integrity_check).
    ///
    /// - Returns: what there is of lanes; nil when there are no tables yet, or those of a newer program.
    func check() throws(SQLiteError) -> StoreIndex? {
        let version = try connection.integer("PRAGMA user_version") ?? 0
        // That of a file without tables is about to be made.
        guard try newerFormat() == nil, let index = try survey() else { return nil }
        guard let format = try shape(), format == version else {
            throw SQLiteError(damage: "its tables are not those of format \(version)")
        }
        let name = (version > 3 ? "iif(packed_from IS NULL, 'segment_', 'pack_')" : "'segment_'") + " || id"
        for table in Self.tables(ofFormat: format) {
            let found = try connection.text("PRAGMA integrity_check(\(table))")
            guard found == "ok" else { throw SQLiteError(damage: "\(table): \(found ?? "")") }
        }
        try check("SELECT count(*) FROM lanes WHERE epoch NOT IN (SELECT ordinal FROM epochs)", "a lane has no epoch")
        try check("SELECT count(*) FROM segments WHERE lane NOT IN (SELECT id FROM lanes)", "a segment has no lane")
        try check(
            """
            SELECT (SELECT count(*) FROM segments WHERE \(name) NOT IN (SELECT name FROM sqlite_schema)) +
            (SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND (name GLOB 'segment_*' OR name GLOB 'pack_*')
            AND name NOT IN (SELECT \(name) FROM segments))
            """,
            "segments and their tables differ"
        )
        try check(
            "SELECT count(*) FROM (SELECT rootpage FROM sqlite_schema GROUP BY rootpage HAVING count(*) > 1)",
            "two tables share a page"
        )
        for lane in index.lanes {
            guard Self.isAscending(lane) else { throw SQLiteError(damage: "the segments of a lane overlap") }
        }
        return index
    }

    /// Whether SQLite finds nothing wrong with a table's tree.
    func isWhole(_ table: String) throws(SQLiteError) -> Bool {
        try connection.text("PRAGMA integrity_check(\(table))") == "ok"
    }

    private func check(_ sql: String, _ damage: String) throws(SQLiteError) {
        if try connection.integer(sql) != 0 { throw SQLiteError(damage: damage) }
    }

    private static func isAscending(_ lane: LaneRecord) -> Bool {
        var last: UInt64 = 0
        for segment in lane.segments {
            guard segment.first > last, segment.last + 1 >= segment.first else { return false }
            last = segment.last
        }
        return true
    }
}
