// SPDX-License-Identifier: Apache-2.0

import Glibc

extension AgentStore {
    /// Copies a store into a new file, from one consistent snapshot, while an agent writes it or while none does.
    ///
    /// The copy has no free pages (https://sqlite.org/lang_vacuum.html#vacuum_with_an_into_clause). It takes its name when it
    /// is complete, checked and synced. Until then the agent's WAL is not used again, as with any reader.
    package static func backup(directory: String, to target: String) throws(StoreError) -> StoreFacts {
        // What there is, and whether it can be read.
        _ = try StoreView(directory: directory)
        let path = StoreConfiguration(directory: directory).databasePath
        guard access(target, F_OK) != 0 else {
            throw .failed(path: target, reason: "is there already: name a new file, or a directory")
        }
        let part = target + ".part"
        unlink(part)
        do throws(StoreError) {
            try copy(path, to: part)
            chmod(part, 0o600)
            let facts = try StoreView(copy: part).facts()
            try HubLogCopy.sync(part)
            guard rename(part, target) == 0 else {
                throw .failed(path: target, reason: String(cString: strerror(errno)))
            }
            _ = SystemCalls.kernel.syncDirectory(of: target)
            return facts
        } catch {
            unlink(part)
            throw error
        }
    }

    private static func copy(_ path: String, to part: String) throws(StoreError) {
        do throws(SQLiteError) {
            let source = try SQLiteConnection(path: path, readOnly: true)
            source.setBusyTimeout(milliseconds: 5000)
            let copy = try source.prepare("VACUUM INTO ?")
            copy.bind(part, at: 1)
            try copy.run()
            guard try StoreDatabase(SQLiteConnection(observing: part)).check() != nil else {
                throw SQLiteError(damage: "the copy holds no store")
            }
        } catch {
            if error.isDamage { throw .damaged(path: path, reason: error.message) }
            throw StoreError(error, path: "\(path) to \(part)")
        }
    }
}
