// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// Counts the frames in a connection's WAL after each commit, in place of automatic checkpoints
/// (https://sqlite.org/c3ref/wal_hook.html): a commit's caller must not wait for the checkpoint that it happens to cause.
final class WALWatch {
    private let connection: SQLiteConnection
    private let count: UnsafeMutablePointer<Int32>

    init(_ connection: SQLiteConnection) {
        self.connection = connection
        count = .allocate(capacity: 1)
        count.initialize(to: 0)
        sqlite3_wal_hook(
            connection.handle,
            { context, _, _, frames in
                context?.assumingMemoryBound(to: Int32.self).pointee = frames
                return SQLITE_OK
            },
            count
        )
    }

    deinit {
        sqlite3_wal_hook(connection.handle, nil, nil)
        count.deallocate()
    }

    /// Frames in the WAL after the last commit of this connection.
    var frames: Int32 {
        get { count.pointee }
        set { count.pointee = newValue }
    }
}
