// SPDX-License-Identifier: Apache-2.0

import CSQLite

extension SQLiteConnection {
    /// How far a checkpoint goes (https://sqlite.org/c3ref/wal_checkpoint_v2.html).
    package enum CheckpointMode: Sendable {
        /// As far as readers allow; waits for nobody.
        case passive
        /// Everything, then waits for readers so that the next write begins at the start of the WAL.
        case restart
        /// As `restart`, and cuts the WAL file to nothing.
        case truncate

        var code: Int32 {
            switch self {
            case .passive: SQLITE_CHECKPOINT_PASSIVE
            case .restart: SQLITE_CHECKPOINT_RESTART
            case .truncate: SQLITE_CHECKPOINT_TRUNCATE
            }
        }
    }

    /// Whether a transaction is open.
    package var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// How long a statement waits for another connection's lock.
    package func setBusyTimeout(milliseconds: Int32) {
        sqlite3_busy_timeout(handle, milliseconds)
    }

    /// Says whether SQLite copies the WAL and removes it when the last connection is closed, as it does unless told otherwise
    /// (https://sqlite.org/c3ref/c_dbconfig_defensive.html#sqlitedbconfignockptonclose).
    ///
    /// After a failed sync that must not be: the next one succeeds without what the failed one has lost, and a database with
    /// pages out of frames that are not durable does not fit the WAL that a power cut leaves.
    package func setCheckpointOnClose(_ on: Bool) {
        // It fails for a closed connection only.
        _ = sluice_set_checkpoint_on_close(handle, on ? 1 : 0)
    }

    /// Copies WAL frames into the database: frames in the WAL, and how many of them were copied.
    @discardableResult
    package func checkpoint(_ mode: CheckpointMode) throws(SQLiteError) -> (frames: Int32, copied: Int32) {
        var frames: Int32 = 0
        var copied: Int32 = 0
        let code = sqlite3_wal_checkpoint_v2(handle, nil, mode.code, &frames, &copied)
        guard code == SQLITE_OK else { throw SQLiteError(handle, code: code, statement: "checkpoint") }
        return (frames, copied)
    }
}
