// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// A prepared statement.
///
/// Parameters and columns count as in SQLite: parameters from 1, columns from 0.
package final class SQLiteStatement {
    private let connection: SQLiteConnection
    private let handle: OpaquePointer

    init(_ connection: SQLiteConnection, _ sql: String) throws(SQLiteError) {
        var prepared: OpaquePointer?
        let code = sqlite3_prepare_v3(connection.handle, sql, -1, 0, &prepared, nil)
        guard code == SQLITE_OK, let prepared else {
            throw SQLiteError(connection.handle, code: code, statement: sql)
        }
        self.connection = connection
        handle = prepared
    }

    deinit {
        sqlite3_finalize(handle)
    }

    package func bind(_ value: Int64, at index: Int32) {
        sqlite3_bind_int64(handle, index, value)
    }

    /// Unsigned values are stored as the signed integer with the same bits.
    package func bind(_ value: UInt64, at index: Int32) {
        sqlite3_bind_int64(handle, index, Int64(bitPattern: value))
    }

    package func bind(_ value: String, at index: Int32) {
        var value = value
        _ = value.withUTF8 { buffer in
            buffer.withMemoryRebound(to: CChar.self) {
                sluice_bind_text_transient(handle, index, $0.baseAddress, UInt64($0.count))
            }
        }
    }

    /// Copies the bytes.
    package func bind(_ value: RawSpan, at index: Int32) {
        _ = value.withUnsafeBytes { sluice_bind_blob_transient(handle, index, $0.baseAddress, UInt64($0.count)) }
    }

    /// Does not copy: the bytes must stay as they are until the statement is reset or bound again.
    package func bindStatic(_ value: UnsafeRawBufferPointer, at index: Int32) {
        _ = sluice_bind_blob_static(handle, index, value.baseAddress, UInt64(value.count))
    }

    package func bindNull(at index: Int32) {
        sqlite3_bind_null(handle, index)
    }

    /// Advances to the next row: true when there is one, false at the end.
    package func step() throws(SQLiteError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        case let code:
            let error = SQLiteError(connection.handle, code: code, statement: String(cString: sqlite3_sql(handle)))
            sqlite3_reset(handle)
            throw error
        }
    }

    /// Steps to the end and makes the statement ready to be bound again.
    package func run() throws(SQLiteError) {
        while try step() {}
        reset()
    }

    package func reset() {
        sqlite3_reset(handle)
    }

    package func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    package func unsigned(_ column: Int32) -> UInt64 { UInt64(bitPattern: integer(column)) }

    package func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    package func text(_ column: Int32) -> String {
        guard let text = sqlite3_column_text(handle, column) else { return "" }
        return String(cString: text)
    }

    /// The bytes of a column; valid only inside `body` (https://sqlite.org/c3ref/column_blob.html).
    package func withBlob<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        // The length must be asked for after the pointer, as the conversion may change it.
        let start = sqlite3_column_blob(handle, column)
        return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }
}
