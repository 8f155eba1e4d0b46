// SPDX-License-Identifier: Apache-2.0

/// The prepared statements of one connection, each made when it is first wanted.
final class HubLogStatements {
    let database: SQLiteConnection
    private var prepared: [String: SQLiteStatement] = [:]
    private var last: (sql: String, statement: SQLiteStatement)?

    init(_ database: SQLiteConnection) {
        self.database = database
    }

    func callAsFunction(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        if let statement = prepared[sql] { return statement }
        let statement = try database.prepare(sql)
        prepared[sql] = statement
        return statement
    }

    /// A statement that names a table which comes and goes: only the last one is kept.
    func volatile(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        if let last, last.sql == sql { return last.statement }
        last = nil
        let statement = try database.prepare(sql)
        last = (sql, statement)
        return statement
    }

    /// Lets go of what ``volatile(_:)`` keeps.
    func forgetVolatile() {
        last = nil
    }
}
