// SPDX-License-Identifier: Apache-2.0

import CSQLite

extension StoreError {
    /// What an error of SQLite means to whoever runs this program.
    init(_ error: SQLiteError, path: String) {
        switch error.primaryCode {
        case SQLITE_FULL: self = .diskFull(path: path)
        case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH:
            self = .unwritable(path: path, reason: error.message)
        default: self = .failed(path: path, reason: error.description)
        }
    }
}

extension SQLiteError {
    /// Whether the file is damaged, or not a database of ours, rather than out of reach for now.
    var isDamage: Bool {
        switch primaryCode {
        // SQLITE_ERROR is what a missing table or column gives.
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_ERROR, SQLITE_FORMAT, SQLITE_MISMATCH: true
        // SQLITE_IOERR_READ and SQLITE_IOERR_SHORT_READ: macros that Swift does not import.
        case SQLITE_IOERR: code == SQLITE_IOERR | 1 << 8 || code == SQLITE_IOERR | 2 << 8
        default: false
        }
    }
}

extension SQLiteError {
    /// Whether a sync failed: what was to be synced may not be on the disk, whatever later syncs say.
    var isFailedSync: Bool {
        // SQLITE_IOERR_FSYNC and SQLITE_IOERR_DIR_FSYNC: macros that Swift does not import.
        code == SQLITE_IOERR | 4 << 8 || code == SQLITE_IOERR | 5 << 8
    }
}

extension SQLiteError {
    /// Damage that SQLite itself did not notice.
    package init(damage: String) {
        code = SQLITE_CORRUPT
        message = damage
        statement = ""
    }
}
