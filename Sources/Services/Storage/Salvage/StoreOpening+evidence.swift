// SPDX-License-Identifier: Apache-2.0

import Events

extension StoreOpening {
    /// Why the files must not be opened by SQLite; nil when nothing speaks against it.
    ///
    /// SQLite writes into what it opens, deletes what it takes for a leftover, and overwrites frames that it does not
    /// take, so this comes before. Only what no power cut and no kill can leave behind counts: frames that SQLite does not
    /// take are ordinary then, torn, out of order or of an earlier life of the WAL, and its own recovery is right.
    /// Damaged ones are told from those by the ceiling file, which says what had been committed and synced.
    func evidence() -> String? {
        let path = configuration.databasePath
        guard !files.isPending else { return nil }
        if let damage = StoreQuarantine.damage(of: path) { return damage }
        if SalvageFiles.exists(files.suspicion) {
            let reason = RawFile(path: files.suspicion)?.bytes(at: 0, count: 512) ?? []
            return "it was found damaged while it was in use: " + String(decoding: reason, as: UTF8.self)
        }
        guard SalvageFiles.exists(path) else {
            let log = RawFile(path: path + "-wal")
            return log.map { $0.size > WALFrames.headerLength } == true ? "it is gone, and its WAL is not" : nil
        }
        do throws(SQLiteError) {
            let database = StoreDatabase(try SQLiteConnection(observing: path))
            guard try database.newerFormat() == nil else { return nil }
            // All that the file shows may have been in the WAL.
            return missing(from: try database.check()?.index ?? StoreIndex())
        } catch {
            return error.isDamage ? "\(error)" : nil
        }
    }

    /// Whether the ceiling file knows of events that SQLite does not show: they may still lie in pages, or in frames
    /// behind a damaged one.
    private func missing(from index: StoreIndex) -> String? {
        let findings = StoreRecovery.findings(remembered: remembered, index: index, boot: boot)
        guard let gap = findings.compactMap(\.gap).first else { return nil }
        return "events from \(gap.first) on were committed and are not there"
    }
}
