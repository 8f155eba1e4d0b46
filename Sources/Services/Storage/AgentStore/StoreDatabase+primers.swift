// SPDX-License-Identifier: Apache-2.0

import Batching

extension StoreDatabase {
    /// Brings the tables of an older program up to this one's.
    func migrate() throws(SQLiteError) {
        let found = try connection.integer("PRAGMA user_version") ?? 0
        guard found > 0, found < StoreDatabase.version else { return }
        try connection.transaction { () throws(SQLiteError) in
            if found < 2 { try addPrimers() }
            if found < 3 { try addClocks() }
            if found < 4 { try addPacks() }
            if found < 5 { try addRecords() }
        }
    }

    /// What format 2 has beyond format 1.
    func addPrimers() throws(SQLiteError) {
        try connection.execute(String(decoding: PackageResources.schema_02_primers_sql, as: UTF8.self))
    }

    /// Writes primers down in place of those that were there.
    func replacePrimers(by primers: [Primer]) throws(SQLiteError) {
        try connection.execute("DELETE FROM primers")
        let insert = try connection.prepare("INSERT INTO primers (identifier, bytes) VALUES (?, ?)")
        for primer in primers {
            let bytes = primer.bytes
            insert.bind(primer.identifier.rawValue, at: 1)
            insert.bind(bytes.span.bytes, at: 2)
            try insert.run()
        }
    }

    /// The primers that can still be opened, the newest last; one that cannot is only made anew.
    func loadPrimers() throws(SQLiteError) -> [Primer] {
        // A store that only an older program wrote has no such table.
        guard try connection.integer("PRAGMA user_version") ?? 0 > 1 else { return [] }
        let rows = try connection.prepare("SELECT identifier, bytes FROM primers ORDER BY id")
        var primers: [Primer] = []
        while try rows.step() {
            guard let primer = try? Primer(bytes: rows.withBlob(1) { Array($0) }),
                primer.identifier.rawValue == rows.unsigned(0)
            else { continue }
            primers.append(primer)
        }
        return primers
    }
}
