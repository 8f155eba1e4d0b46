// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The files of a salvage: what stands where after a kill at any moment says how to go on.
/// ```
/// store.db  store.db.salvaging  what it means
///   yes          no             a store; with store.db.suspect beside it, a damaged one
///   no           yes            salvage is under way: store.db.new is being filled from store.db.salvaging(-wal)
///   yes          yes            salvage is complete, and only the damaged files are still to be put away
/// ```
/// `store.db.new` gets its name when it is complete and synced. The damaged files go when every event was found, else
/// they stay as `store.db.damaged-N`, the newest only: for people, never read again.
struct SalvageFiles {
    let database: String
    private let calls: SystemCalls

    var damaged: String { database + ".salvaging" }
    var fresh: String { database + ".new" }
    /// Made when damage was met while the store was in use; holds the reason.
    var suspicion: String { database + ".suspect" }

    init(_ configuration: StoreConfiguration) {
        database = configuration.databasePath
        calls = configuration.calls
    }

    init(database: String, calls: SystemCalls = .kernel) {
        self.database = database
        self.calls = calls
    }

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Whether damaged files wait to be salvaged.
    var isPending: Bool { Self.exists(damaged) && !Self.exists(database) }

    /// Puts a damaged database aside for salvage; goes on where an earlier call was stopped.
    func setAside() throws(StoreError) {
        if !Self.exists(damaged) {
            if Self.exists(database) {
                try rename(database, damaged)
            } else {
                // The database is gone and its WAL is not.
                let descriptor = calls.create(damaged)
                guard descriptor >= 0 else { throw failure(damaged, -descriptor) }
                calls.close(descriptor)
            }
        }
        // Not the WAL alone: without it the database would be opened as if it were whole.
        try syncDirectory()
        try setAsideWAL()
        remove(suspicion)
        try syncDirectory()
    }

    /// Makes the file that tells the next opening of damage, as far as the disk allows.
    func suspect(_ reason: String) {
        let descriptor = calls.create(suspicion)
        guard descriptor >= 0 else { return }
        _ = calls.write(descriptor, Array(reason.utf8.prefix(512)), 0)
        _ = calls.sync(descriptor)
        calls.close(descriptor)
        _ = calls.syncDirectory(of: suspicion)
    }

    /// What belongs to a database that was set aside follows it.
    func setAsideWAL() throws(StoreError) {
        if Self.exists(database + "-wal"), !Self.exists(damaged + "-wal") {
            try rename(database + "-wal", damaged + "-wal")
        }
        remove(database + "-wal")
        remove(database + "-shm")
    }

    /// A WAL that is not this database's is kept, and not read any more.
    func setAsideForeignWAL() throws(StoreError) {
        try rename(damaged + "-wal", damaged + "-foreign-wal")
    }

    /// Gives the new store its name.
    func complete() throws(StoreError) {
        remove(suspicion)
        remove(fresh + "-wal")
        remove(fresh + "-shm")
        try syncDirectory()
        try rename(fresh, database)
        try syncDirectory()
    }

    /// Puts the damaged files away after a salvage that is complete; returns where they are kept.
    func putAway(keeping: Bool) throws(StoreError) -> String? {
        let foreign = damaged + "-foreign-wal"
        guard keeping || Self.exists(foreign) else {
            remove(damaged + "-wal")
            remove(damaged + "-shm")
            remove(damaged)
            return nil
        }
        let old = Self.kept(beside: database)
        let target = "\(database).damaged-\((old.last?.number ?? 0) + 1)"
        if Self.exists(damaged + "-wal") { try rename(damaged + "-wal", target + "-wal") }
        if Self.exists(foreign) { try rename(foreign, target + "-wal") }
        try rename(damaged, target)
        remove(damaged + "-shm")
        for set in old {
            for suffix in ["", "-wal", "-shm"] { remove(set.path + suffix) }
            rmdir(set.path)
        }
        return target
    }

    /// The damaged files that are kept, the newest last.
    static func kept(beside database: String) -> [(number: Int, path: String)] {
        let parts = database.split(separator: "/", omittingEmptySubsequences: false)
        let prefix = "\(parts.last ?? "").damaged-"
        let parent = parts.dropLast().joined(separator: "/")
        guard let directory = opendir(parent.isEmpty ? "/" : parent) else { return [] }
        defer { closedir(directory) }
        var numbers: [Int] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix(prefix), let number = Int(name.dropFirst(prefix.count)) { numbers.append(number) }
        }
        return numbers.sorted().map { ($0, "\(database).damaged-\($0)") }
    }

    /// Bytes of damaged files, being salvaged or kept.
    static func bytes(beside database: String) -> Int64 {
        let sets = kept(beside: database).map(\.path) + [database + ".salvaging"]
        return sets.flatMap { [$0, $0 + "-wal"] }.reduce(0) { sum, path in
            var status = stat()
            return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? sum + Int64(status.st_size) : sum
        }
    }

    private func rename(_ path: String, _ target: String) throws(StoreError) {
        let failed = calls.rename(path, target)
        guard failed == 0 else { throw failure(path, failed) }
    }

    /// Removes a file; one that stays is met again by the next opening.
    func remove(_ path: String) {
        _ = calls.remove(path)
    }

    private func failure(_ path: String, _ number: CInt) -> StoreError {
        .unwritable(path: path, reason: String(cString: strerror(number)))
    }

    private func syncDirectory() throws(StoreError) {
        let failed = calls.syncDirectory(of: database)
        guard failed == 0 else { throw failure(database, failed) }
    }
}
