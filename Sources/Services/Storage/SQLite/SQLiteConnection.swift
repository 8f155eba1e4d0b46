// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// One connection to one database file.
///
/// Not thread safe: its owner keeps it on one thread
/// (https://sqlite.org/threadsafe.html, multi-thread mode).
package final class SQLiteConnection {
    let handle: OpaquePointer

    /// - Parameter vfs: the name of a registered VFS, for tests that inject faults; nil for the default.
    package convenience init(path: String, readOnly: Bool = false, vfs: String? = nil) throws(SQLiteError) {
        let flags = readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        try self.init(path, flags: flags, vfs: vfs)
    }

    init(_ path: String, flags: Int32, vfs: String? = nil) throws(SQLiteError) {
        var opened: OpaquePointer?
        let code = sqlite3_open_v2(path, &opened, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs)
        guard code == SQLITE_OK, let opened else {
            let error = SQLiteError(opened, code: code, statement: "open \(path)")
            sqlite3_close_v2(opened)
            throw error
        }
        handle = opened
    }

    deinit {
        sqlite3_close_v2(handle)
    }

    /// Runs one or several statements that return nothing of interest.
    package func execute(_ sql: String) throws(SQLiteError) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        guard code == SQLITE_OK else { throw SQLiteError(handle, code: code, statement: sql) }
    }

    package func prepare(_ sql: String) throws(SQLiteError) -> SQLiteStatement {
        try SQLiteStatement(self, sql)
    }

    /// The first column of the first row as an integer, or nil when there is none.
    package func integer(_ sql: String) throws(SQLiteError) -> Int64? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.integer(0) : nil
    }

    /// The first column of the first row as text, or nil when there is none.
    package func text(_ sql: String) throws(SQLiteError) -> String? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.text(0) : nil
    }

    /// Runs `body` between BEGIN IMMEDIATE and COMMIT; rolls back when it throws.
    package func transaction(_ body: () throws(SQLiteError) -> Void) throws(SQLiteError) {
        try execute("BEGIN IMMEDIATE")
        do {
            try body()
            try execute("COMMIT")
        } catch {
            // Some errors roll back by themselves (https://sqlite.org/lang_transaction.html); then this one fails.
            if sqlite3_get_autocommit(handle) == 0 { _ = sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
            throw error
        }
    }

    /// Rows changed by the last INSERT, UPDATE or DELETE.
    package var changes: Int { Int(sqlite3_changes(handle)) }

    /// Rows changed by all of them since the connection was opened.
    var totalChanges: Int { Int(sqlite3_total_changes(handle)) }
}
