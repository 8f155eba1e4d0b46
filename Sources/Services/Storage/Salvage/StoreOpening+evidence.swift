// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Logging

extension StoreOpening {
    /// Why the files must not be opened by SQLite; nil when nothing speaks against it.
    ///
    /// SQLite writes into what it opens, deletes what it takes for a leftover, and overwrites frames that it does not
    /// take, so this comes before. Only the WAL is read, a few megabytes after a crash and nothing after a clean end.
    ///
    /// - Parameter isLooking: nothing is to be written, and the next start is to be told about.
    func evidence(isLooking: Bool = false) -> String? {
        let path = configuration.databasePath
        guard !files.isPending else { return nil }
        if let damage = StoreQuarantine.damage(of: path) { return damage }
        if SalvageFiles.exists(files.suspicion) {
            let reason = RawFile(path: files.suspicion)?.bytes(at: 0, count: 512) ?? []
            return "it was found damaged while it was in use: " + String(decoding: reason, as: UTF8.self)
        }
        if let wal = RawFile(path: path + "-wal"), wal.size > WALFrames.headerLength {
            guard let database = RawFile(path: path) else { return "it is gone, and its WAL is not" }
            if let damage = evidence(database, wal, isLooking: isLooking) { return damage }
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

    private func evidence(_ database: RawFile, _ wal: RawFile, isLooking: Bool) -> String? {
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
        if isLooking { return "its WAL is damaged from frame \(hidden + 1) on" }
        return keep(wal) ? nil : "its WAL is damaged and cannot be copied"
    }

    /// Copies a WAL whose end SQLite would not take, to be read when the store is open; false when that failed.
    private func keep(_ wal: RawFile) -> Bool {
        let calls = configuration.calls
        let temporary = files.hiddenWAL + ".new"
        let descriptor = calls.create(temporary)
        guard descriptor >= 0 else { return false }
        var isWritten = true
        for offset in stride(from: 0, to: wal.size, by: 1 << 18) where isWritten {
            let chunk = wal.bytes(at: offset, count: min(1 << 18, wal.size - offset))
            isWritten = calls.write(descriptor, chunk, offset) == 0
        }
        isWritten = calls.sync(descriptor) == 0 && isWritten
        calls.close(descriptor)
        guard isWritten, calls.rename(temporary, files.hiddenWAL) == 0 else {
            files.remove(temporary)
            return false
        }
        return calls.syncDirectory(of: files.hiddenWAL) == 0
    }

    /// Adds the events of a WAL that SQLite did not take to the store that it had opened.
    ///
    /// They are newer than all that the store shows, so only what is beyond a lane's last number is taken. Some may
    /// never have been acknowledged to a device, which then has sent them again: that is another event.
    func merge(into loaded: inout StoreDatabase.Loaded, _ database: StoreDatabase) throws {
        guard let wal = RawFile(path: files.hiddenWAL) else { return }
        let scan = SalvageScan(database: RawFile(path: configuration.databasePath), wal: wal)
        var found: Set<Lane> = []
        readCommitted(scan) { found.insert($0.lane) }
        try database.connection.execute("BEGIN IMMEDIATE")
        do {
            for lane in found { _ = try position(of: lane, in: &loaded.index, database) }
            try database.connection.execute("COMMIT")
        } catch {
            try? database.connection.execute("ROLLBACK")
            throw error
        }
        try addHidden(scan, to: &loaded, database)
    }

    /// Hands over the events of a WAL that were committed as far as the ceiling file knows; without that file all.
    ///
    /// What a power cut tore was never acknowledged, and would only leave gaps. Packs are made of what the database has
    /// had for long, and it still has that.
    private func readCommitted(_ scan: SalvageScan, _ take: (SalvagedEvent) throws -> Void) rethrows {
        let marks = remembered.map { Dictionary($0.entries.map { ($0.lane, $0.last) }) { max($0, $1) } }
        try scan.readWAL { record in
            guard let blob = SalvagedBlob(record) else { return false }
            if case .event(let event) = blob, marks.map({ event.sequence <= $0[event.lane] ?? 0 }) ?? true {
                try take(event)
            }
            return true
        }
    }

    private func addHidden(
        _ scan: SalvageScan,
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
            acknowledged: [:],
            limits: limits,
            keepsBudget: false
        )
        do {
            try readCommitted(scan) { try writer.add($0) }
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
    ///
    /// Frames of the WAL's earlier life were copied long ago, and a page that a transaction wrote as it was proves nothing:
    /// only a frame of the present life counts, with a page of which SQLite would now show an older version.
    func isCopied(from first: Int, to database: RawFile) -> Bool {
        var shown: [UInt32: Int] = [:]
        for frame in 0..<min(first, count) { shown[page(of: frame)] = frame }
        return (first..<count).contains { frame in
            guard isOfPresentLife(frame), let older = shown[self.page(of: frame)] else { return false }
            let page = file.bytes(at: offset(of: frame), count: geometry.pageSize)
            let place = (Int(self.page(of: frame)) - 1) * geometry.pageSize
            return database.bytes(at: place, count: geometry.pageSize) == page
                && file.bytes(at: offset(of: older), count: geometry.pageSize) != page
        }
    }
}
