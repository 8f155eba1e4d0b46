// SPDX-License-Identifier: Apache-2.0

import Events

extension StoreOpening {
    /// Why the files must not be opened by SQLite; nil when nothing speaks against it.
    ///
    /// SQLite writes into what it opens, deletes what it takes for a leftover, and overwrites frames that it does not
    /// take, so this comes before. Only what no power cut and no kill can leave behind counts: frames that SQLite does not
    /// take are ordinary then, torn, out of order or of an earlier life of the WAL, and its own recovery is right.
    /// Damaged ones are told from those by the ceiling file, which says what had been committed and synced.
    ///
    /// A store of a newer version is refused here, before anything of it is touched: not even its WAL's index is made.
    func evidence() throws(StoreError) -> String? {
        let path = configuration.databasePath
        guard !files.isPending else { return nil }
        if isUnbegun { return nil }
        if let damage = StoreQuarantine.damage(of: path) { return damage }
        let found = try damage(of: path)
        if SalvageFiles.exists(files.suspicion) {
            let reason = RawFile(path: files.suspicion)?.bytes(at: 0, count: 512) ?? []
            return "it was found damaged while it was in use: " + String(decoding: reason, as: UTF8.self)
        }
        return found
    }

    /// Whether a first start was cut off before there was anything: the ceiling file comes before the first event, and a
    /// rollback journal is in use only until the file is in WAL mode.
    private var isUnbegun: Bool {
        let size = { (suffix: String) in RawFile(path: configuration.databasePath + suffix)?.size ?? 0 }
        return (size("") == 0 || size("-journal") > 0) && size("-wal") <= WALFrames.headerLength
            && !SalvageFiles.exists(configuration.ceilingPath)
    }

    private func damage(of path: String) throws(StoreError) -> String? {
        guard SalvageFiles.exists(path) else {
            let log = RawFile(path: path + "-wal")
            return log.map { $0.size > WALFrames.headerLength } == true ? "it is gone, and its WAL is not" : nil
        }
        let newer: Int
        do throws(SQLiteError) {
            let database = StoreDatabase(try SQLiteConnection(observing: path))
            guard let format = try database.newerFormat() else {
                // All that the file shows may have been in the WAL.
                return missing(from: try database.check() ?? StoreIndex())
            }
            newer = format
        } catch {
            return error.isDamage ? "\(error)" : nil
        }
        throw .newerVersion(path: path, found: newer, supported: StoreDatabase.version)
    }

    /// Whether the ceiling file knows of events that SQLite does not show: they may still lie in pages, or in frames
    /// behind a damaged one.
    private func missing(from index: StoreIndex) -> String? {
        let findings = StoreRecovery.findings(remembered: remembered, index: index, boot: boot)
        guard let gap = findings.compactMap(\.gap).first else { return nil }
        return "events from \(gap.first) on were committed and are not there"
    }
}
