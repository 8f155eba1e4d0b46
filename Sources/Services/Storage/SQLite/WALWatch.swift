// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// Counts the frames in a connection's WAL after each commit, in place of automatic checkpoints
/// (https://sqlite.org/c3ref/wal_hook.html): a commit's caller must not wait for the checkpoint that it happens to cause.
final class WALWatch {
    private let connection: SQLiteConnection
    private let count: UnsafeMutablePointer<Int32>

    init(_ connection: SQLiteConnection) {
        self.connection = connection
        count = .allocate(capacity: 2)
        count.initialize(repeating: 0, count: 2)
        sqlite3_wal_hook(
            connection.handle,
            { context, _, _, frames in
                let counts = context?.assumingMemoryBound(to: Int32.self)
                counts?[0] = frames
                counts?[1] = frames
                return SQLITE_OK
            },
            count
        )
    }

    deinit {
        sqlite3_wal_hook(connection.handle, nil, nil)
        count.deallocate()
    }

    /// Frames in the WAL after the last commit of this connection that were not said to be copied.
    var frames: Int32 {
        get { count.pointee }
        set { count.pointee = newValue }
    }

    /// Frames in the WAL after the last commit of this connection, copied or not: the next one may be added to them.
    var length: Int32 { count[1] }

    /// All is copied, and nobody reads it: the next commit begins at its start.
    func restarts() {
        count[0] = 0
        count[1] = 0
    }
}
