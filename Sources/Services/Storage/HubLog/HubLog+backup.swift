// SPDX-License-Identifier: Apache-2.0

import Glibc

extension HubLog {
    /// Copies a log into a new file, from one consistent snapshot, while a hub writes it or while none does.
    ///
    /// The copy has no free pages (https://sqlite.org/lang_vacuum.html#vacuum_with_an_into_clause). It takes its name when it
    /// is complete, checked and synced. Until then the hub's WAL is not used again, as with any reader.
    package static func backup(directory: String, to target: String) throws(StoreError) -> HubLogCopy {
        let path = HubLogFiles(directory: directory).database
        guard access(path, F_OK) == 0 else {
            throw .failed(path: path, reason: "there is no log to copy: is SLUICE_HUB_STATE_DIR the hub's?")
        }
        guard access(target, F_OK) != 0 else {
            throw .failed(path: target, reason: "is there already: name a new file, or a directory")
        }
        let part = target + ".part"
        unlink(part)
        do throws(StoreError) {
            let database = try HubLogDatabase.openForReading(path: path, vfs: nil)
            do throws(SQLiteError) {
                let copy = try database.prepare("VACUUM INTO ?")
                copy.bind(part, at: 1)
                try copy.run()
            } catch {
                throw fault(error, source: path, target: part)
            }
            chmod(part, 0o600)
            var copy = try HubLogCopy(checking: part)
            try HubLogCopy.sync(part)
            guard rename(part, target) == 0 else { throw .failed(path: target, reason: HubLogFiles.reason(errno)) }
            _ = SystemCalls.kernel.syncDirectory(Self.parent(of: target))
            copy.path = target
            return copy
        } catch {
            unlink(part)
            throw error
        }
    }

    /// Takes a copy for the log of a hub that does not run.
    ///
    /// The log that was there stays beside it, under another name.
    ///
    /// Positions go on far behind all that the lost log can have used: whoever follows the log by position misses nothing
    /// that lands from now on.
    ///
    /// - Returns: what was restored, and the new name of what it replaced.
    package static func restore(
        directory: String,
        from source: String
    ) throws(StoreError) -> (copy: HubLogCopy, replaced: String?) {
        var copy = try HubLogCopy(checking: source)
        let lock = try StoreLock(directory: directory, name: "hub.lock")
        defer { _ = lock }
        let files = HubLogFiles(directory: directory)
        if let id = files.readIdentity(), id != copy.hubID {
            let reason = """
                is the log of another hub than the one of \(directory), whose agents know it by its id: use another \
                SLUICE_HUB_STATE_DIR, or move what is there away
                """
            throw .failed(path: source, reason: reason)
        }
        let fresh = files.database + ".restoring"
        for suffix in ["", "-wal", "-shm"] { unlink(fresh + suffix) }
        try HubLogCopy.copyFile(source, to: fresh)
        let database: SQLiteConnection
        switch try HubLogDatabase.openForWriting(path: fresh, vfs: nil, id: copy.hubID) {
        case .success(let opened): database = opened
        case .failure(let fault): throw .failed(path: source, reason: fault.reason)
        }
        do throws(SQLiteError) {
            try HubLogSegment.leap(from: copy.head, in: database)
            try database.execute("PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE")
        } catch {
            throw HubLogDatabase.fault(error, path: fresh)
        }
        try HubLogCopy.sync(fresh)
        let replaced = try files.replace(by: fresh)
        try files.writeIdentity(copy.hubID)
        // It was said of the log that is replaced.
        files.unmarkDamaged()
        copy.path = files.database
        return (copy, replaced)
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// SQLite does not say which of the two files it means.
    private static func fault(_ error: SQLiteError, source: String, target: String) -> StoreError {
        let fault = HubLogDatabase.fault(error, path: target)
        if case .failed = fault { return .failed(path: "\(source) to \(target)", reason: error.message) }
        return fault
    }
}
