// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Glibc

/// SQLite's access to files for those who must not be noticed: it opens for reading only, and neither makes, locks nor
/// deletes anything (https://sqlite.org/c3ref/vfs.html).
///
/// SQLite's VFS without locks does the rest (https://sqlite.org/vfs.html#standard_unix_vfses): locks are a process's
/// own, and could keep a writer that starts meanwhile waiting.
enum ObservingVFS {
    static let name = "sluice-observing"
    private static let base = "unix-none"

    /// Whether SQLite knows it; done once.
    static let isRegistered: Bool = {
        guard let found = sqlite3_vfs_find(base), let title = strdup(name) else { return false }
        let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        vfs.initialize(to: found.pointee)
        vfs.pointee.pNext = nil
        vfs.pointee.zName = UnsafePointer(title)
        vfs.pointee.xOpen = { _, path, file, flags, granted in
            guard let base = sqlite3_vfs_find(ObservingVFS.base) else { return SQLITE_CANTOPEN }
            var reading = flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) | SQLITE_OPEN_READONLY
            // As root SQLite gives each WAL that it opens the owner of its database; what it takes for another kind of
            // file it leaves alone.
            if reading & SQLITE_OPEN_WAL != 0 { reading ^= SQLITE_OPEN_WAL | SQLITE_OPEN_SUPER_JOURNAL }
            return base.pointee.xOpen(base, path, file, reading, granted)
        }
        vfs.pointee.xDelete = { _, _, _ in SQLITE_READONLY }
        return sqlite3_vfs_register(vfs, 0) == SQLITE_OK
    }()
}
