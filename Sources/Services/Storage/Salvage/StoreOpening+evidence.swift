// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Logging

extension StoreOpening {
    /// Why the files must not be opened by SQLite; nil when nothing speaks against it.
    ///
    /// SQLite writes into what it opens, deletes what it takes for a leftover, and overwrites frames that it does not
    /// take, so this comes before. Only the WAL is read, a few megabytes after a crash and nothing after a clean end.
    func evidence() -> String? {
        let path = configuration.databasePath
        guard !files.isPending else { return nil }
        if let damage = StoreQuarantine.damage(of: path) { return damage }
        if SalvageFiles.exists(files.suspicion) {
            let reason = RawFile(path: files.suspicion)?.bytes(at: 0, count: 512) ?? []
            return "it was found damaged while it was in use: " + String(decoding: reason, as: UTF8.self)
        }
        if let wal = RawFile(path: path + "-wal"), wal.size > WALFrames.headerLength {
            guard let database = RawFile(path: path) else { return "it is gone, and its WAL is not" }
            if let damage = evidence(database, wal) { return damage }
        }
        guard SalvageFiles.exists(path) else { return nil }
        do throws(SQLiteError) {
            let database = StoreDatabase(try SQLiteConnection(observing: path))
            return try database.check().flatMap(missing)
        } catch {
            return error.isDamage ? "\(error)" : nil
        }
    }

    /// Whether the ceiling file knows of events that the database has lost: they may still lie in its pages.
    private func missing(from loaded: StoreDatabase.Loaded) -> String? {
        let findings = StoreRecovery.findings(remembered: remembered, index: loaded.index, boot: boot)
        guard let gap = findings.compactMap(\.gap).first else { return nil }
        return "events from \(gap.first) on were committed and are not there"
    }

    private func evidence(_ database: RawFile, _ wal: RawFile) -> String? {
        let geometry = PageGeometry(header: database.bytes(at: 0, count: 100), fileSize: database.size)
        let frames = WALFrames(wal, geometry: geometry)
        var epochs: Set<UInt64> = []
        SalvageScan(database: database, wal: wal).readWAL { record in
            guard record.shape == .blob else { return true }
            guard let blob = SalvagedBlob(record) else { return false }
            if let lane = blob.lane { epochs.insert(lane.epoch) }
            return true
        }
        if !epochs.isEmpty, !rememberedEpochs.isEmpty, epochs.isDisjoint(with: rememberedEpochs) {
            return "its WAL is of another store"
        }
        guard let hidden = frames.firstHidden() else { return nil }
        if frames.isCopied(from: hidden, to: database) {
            return "its WAL is damaged before frames that were copied already"
        }
        return keep(wal) ? nil : "its WAL is damaged and cannot be copied"
    }

    /// Copies a WAL whose end SQLite would not take, to be read when the store is open; false when that failed.
    private func keep(_ wal: RawFile) -> Bool {
        let temporary = files.hiddenWAL + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return false }
        var isWritten = true
        for offset in stride(from: 0, to: wal.size, by: 1 << 18) where isWritten {
            let chunk = wal.bytes(at: offset, count: min(1 << 18, wal.size - offset))
            isWritten = write(descriptor, chunk, chunk.count) == chunk.count
        }
        isWritten = fsync(descriptor) == 0 && isWritten
        close(descriptor)
        guard isWritten, rename(temporary, files.hiddenWAL) == 0 else {
            unlink(temporary)
            return false
        }
        return true
    }

    /// Adds the events of a WAL that SQLite did not take to the store that it had opened.
    ///
    /// They are newer than all that the store shows, so only what is beyond a lane's last number is taken. Some may
    /// never have been acknowledged to a device, which then has sent them again: that is another event.
    func merge(into loaded: inout StoreDatabase.Loaded, _ database: StoreDatabase) throws {
        guard let wal = RawFile(path: files.hiddenWAL) else { return }
        let scan = SalvageScan(database: RawFile(path: configuration.databasePath), wal: wal)
        // Packs are made of events that the store has had for long: none is looked for here.
        let decoder = SalvageDecoder(primers: [:])
        var found: [Lane: UInt64] = [:]
        scan.readWAL { record in
            decoder.read(record) { found[$0.lane] = max(found[$0.lane] ?? 0, $0.sequence) }
        }
        try database.connection.execute("BEGIN IMMEDIATE")
        do {
            for lane in found.keys { _ = try position(of: lane, in: &loaded.index, database) }
            try database.connection.execute("COMMIT")
        } catch {
            try? database.connection.execute("ROLLBACK")
            throw error
        }
        try addHidden(scan, decoder, to: &loaded, database)
    }

    private func addHidden(
        _ scan: SalvageScan,
        _ decoder: SalvageDecoder,
        to loaded: inout StoreDatabase.Loaded,
        _ database: StoreDatabase
    ) throws {
        var settled: [Lane: SequenceSet] = [:]
        for lane in loaded.index.lanes { settled[lane.lane] = SequenceSet(cumulative: lane.last) }
        for entry in remembered?.entries ?? [] where entry.acknowledged > 0 {
            settled[entry.lane, default: SequenceSet()].insert(1...entry.acknowledged)
        }
        try sealAll(&loaded.index, database)
        let writer = try SalvageWriter(
            database,
            index: loaded.index,
            settled: settled,
            limits: limits,
            keepsBudget: false
        )
        do {
            try scan.readWAL { record in
                try decoder.read(record) { try writer.add($0) }
            }
            let result = try writer.finish { _ in }
            loaded.index = result.index
            logger.error(
                "the WAL was damaged; events behind the damage were saved",
                metadata: ["events_saved": "\(writer.added)", "events_missing": "\(result.missing)"]
            )
        } catch {
            writer.abandon()
            throw error
        }
    }
}

extension WALFrames {
    /// Whether the database already has a page from one of these frames: it was copied before the damage came.
    func isCopied(from first: Int, to database: RawFile) -> Bool {
        (first..<count).contains { frame in
            let page = file.bytes(at: offset(of: frame), count: geometry.pageSize)
            let place = (Int(self.page(of: frame)) - 1) * geometry.pageSize
            return database.bytes(at: place, count: geometry.pageSize) == page
        }
    }
}
