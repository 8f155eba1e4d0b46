// SPDX-License-Identifier: Apache-2.0

import CSQLite

extension SQLiteConnection {
    /// SQLite's own handle of the database file (https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html).
    private var file: UnsafeMutablePointer<sqlite3_file>? {
        var file: UnsafeMutablePointer<sqlite3_file>?
        guard sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK else { return nil }
        return file
    }

    /// Bytes in the database file; 0 when it cannot be told.
    var fileSize: Int {
        var size: Int64 = 0
        guard let file, let methods = file.pointee.pMethods, methods.pointee.xFileSize(file, &size) == SQLITE_OK else {
            return 0
        }
        return Int(size)
    }

    /// Reads bytes of the database file as they are, whatever the WAL says; returns how many.
    func readFile(into buffer: UnsafeMutableRawBufferPointer, at offset: Int, of size: Int) -> Int {
        guard let file, let methods = file.pointee.pMethods else { return 0 }
        let count = min(buffer.count, size - offset)
        let code = methods.pointee.xRead(file, buffer.baseAddress, Int32(count), Int64(offset))
        return code == SQLITE_OK ? count : 0
    }
}
