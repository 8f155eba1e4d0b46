// SPDX-License-Identifier: Apache-2.0

/// The prepared statements of one connection, each made when it is first wanted.
final class HubLogStatements {
    let database: SQLiteConnection
    private var prepared: [String: SQLiteStatement] = [:]

    init(_ database: SQLiteConnection) {
        self.database = database
    }

    func callAsFunction(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        if let statement = prepared[sql] { return statement }
        let statement = try database.prepare(sql)
        prepared[sql] = statement
        return statement
    }
}
