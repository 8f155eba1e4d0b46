// SPDX-License-Identifier: Apache-2.0

/// Readers' positions on disk.
enum HubLogCursors {
    /// Stores one; part of a transaction.
    static func store(_ name: String, _ position: Int64, _ statements: HubLogStatements) throws(SQLiteError) {
        let insert = try statements(
            "INSERT INTO cursors (name, position) VALUES (?, ?) ON CONFLICT DO UPDATE SET position = excluded.position"
        )
        insert.bind(name, at: 1)
        insert.bind(position, at: 2)
        try insert.run()
    }
}
