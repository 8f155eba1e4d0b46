// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Glibc

/// What SQLite said: the extended result code (https://sqlite.org/rescode.html), its message and the statement.
package struct SQLiteError: Error, Sendable, CustomStringConvertible {
    package var code: Int32
    package var message: String
    package var statement: String

    /// The primary result code, such as `SQLITE_FULL`.
    package var primaryCode: Int32 { code & 0xff }

    package var description: String {
        statement.isEmpty ? "\(message) (SQLite \(code))" : "\(message) (SQLite \(code)) in: \(statement)"
    }

    init(_ database: OpaquePointer?, code: Int32, statement: String) {
        self.code = database.map { sqlite3_extended_errcode($0) } ?? code
        if self.code == SQLITE_OK { self.code = code }
        message = String(cString: database.map { sqlite3_errmsg($0) } ?? sqlite3_errstr(code))
        self.statement = statement
        // "disk I/O error" alone tells nobody that the disk was remounted read-only.
        if let database, primaryCode == SQLITE_IOERR, case let errno = sqlite3_system_errno(database), errno != 0 {
            message += ": " + String(cString: strerror(errno))
        }
    }
}
