// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Glibc

extension SQLiteConnection {
    /// Opens a database in WAL mode whose writer does not run, and leaves every file as it is.
    ///
    /// A connection that is only read-only makes `-wal` and `-shm` files, or writes into the latter
    /// (https://sqlite.org/wal.html#read_only_databases). In exclusive mode the WAL's index is on the heap
    /// (https://sqlite.org/wal.html#use_of_wal_without_shared_memory); without a WAL the file alone is all there is, and
    /// it is immutable (https://sqlite.org/uri.html#uriimmutable).
    ///
    /// Nothing keeps a writer from starting: whoever reads compares ``FileMarks`` from before and after.
    convenience init(observing path: String) throws(SQLiteError) {
        guard ObservingVFS.isRegistered else { throw SQLiteError(damage: "SQLite has no VFS without locks") }
        let hasWAL = access(path + "-wal", F_OK) == 0
        let uri = "file:\(Self.escaped(path))?vfs=\(ObservingVFS.name)\(hasWAL ? "" : "&immutable=1")"
        try self.init(uri, flags: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
        try execute("PRAGMA locking_mode = EXCLUSIVE; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF")
    }

    /// A path with all that a URI gives a meaning of its own written as `%HH` (https://sqlite.org/uri.html).
    private static func escaped(_ path: String) -> String {
        path.utf8.reduce(into: "") { out, byte in
            let isPlain = byte > 0x20 && byte < 0x7f && !"?#%".utf8.contains(byte)
            let digits = String(byte, radix: 16)
            out += isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + digits
        }
    }
}
