// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Events
import Glibc
import Logging

extension StoreOpening {
    /// What a salvage came to.
    struct SalvageResult {
        var added: UInt64 = 0
        var missing: UInt64 = 0
        /// The WAL was of another store, and nothing of it was taken.
        var hasForeignWAL = false
    }

    /// Fills a new store from the damaged files that were set aside, and gives it its name when it is complete.
    ///
    /// Memory does not grow with the files; time does: they are read twice, and their events written once.
    func salvage() throws {
        try files.setAsideWAL()
        logger.error(
            "the store is damaged: what can still be read is saved before anything else",
            metadata: ["bytes": "\(SalvageFiles.bytes(beside: files.database))"]
        )
        var result = SalvageResult()
        do {
            result = try fillNew()
        } catch let error as SQLiteError where error.isDamage {
            // What an earlier attempt left behind may be damaged, too: once more from the beginning.
            logger.error("salvage begins anew", metadata: ["reason": "\(error)"])
            removeNew()
            result = try fillNew()
        }
        try files.complete()
        try putAway(result)
    }

    /// Puts damaged files away after a salvage that was completed.
    func putAway(_ result: SalvageResult) throws {
        let kept = try files.putAway(keeping: result.missing > 0)
        logger.error(
            "the store was damaged and is replaced by a new one",
            metadata: [
                "events_saved": "\(result.added)", "events_missing": "\(result.missing)",
                "kept": "\(kept ?? "nothing")",
            ]
        )
    }

    private func removeNew() {
        for suffix in ["", "-wal", "-shm", "-journal"] { files.remove(files.fresh + suffix) }
    }

    private func fillNew() throws -> SalvageResult {
        let wal = RawFile(path: files.damaged + "-wal")
        let all = SalvageScan(database: RawFile(path: files.damaged), wal: wal)
        var survey = SalvageSurvey(all, packBytes: limits.segmentBytes)
        var result = SalvageResult()
        result.hasForeignWAL = survey.isForeignWAL(epochs: rememberedEpochs)
        if result.hasForeignWAL {
            try files.setAsideForeignWAL()
            let database = SalvageScan(database: RawFile(path: files.damaged), wal: nil)
            survey = SalvageSurvey(database, packBytes: limits.segmentBytes)
        }
        let connection = try SQLiteConnection(path: files.fresh, vfs: configuration.vfs)
        try configure(connection)
        let database = StoreDatabase(connection)
        let isResumed = try database.load() != nil
        if !isResumed { try create(database, survey) }
        guard let loaded = try database.load() else { throw SQLiteError(damage: "the new store is empty") }
        let writer = try SalvageWriter(
            database,
            index: loaded.index,
            settled: settled(loaded),
            acknowledged: loaded.acks.mapValues(\.all),
            limits: limits
        )
        do {
            try writer.resume()
            try writer.plan(survey)
            let opener = SalvageOpener(primers: survey.primers)
            let take = { (record: SalvageRecord) in try Self.file(record, writer, opener) }
            try all.readDatabase(take)
            if !result.hasForeignWAL { try all.readWAL(take) }
            result.missing = try finish(writer, loaded)
        } catch {
            writer.abandon()
            throw error
        }
        result.added = writer.added
        try connection.checkpoint(.truncate)
        return result
    }

    /// False when no checksum proves the record to be one of ours; what is beside the events the survey has looked at.
    private static func file(_ record: SalvageRecord, _ writer: SalvageWriter, _ opener: SalvageOpener) throws -> Bool {
        guard let blob = SalvagedBlob(record) else { return false }
        switch blob {
        case .event(let event): try writer.add(event)
        case .batch(let batch): try writer.add(batch, opener)
        case .primer: break
        }
        return true
    }

    /// The new store with all that is known but the events, in one transaction.
    private func create(_ database: StoreDatabase, _ survey: SalvageSurvey) throws {
        let known = SalvageKnowledge(path: files.damaged, survey: survey, remembered: remembered).loaded
        let storeID = known.storeID == 0 ? max(1, ids.store) : known.storeID
        let node = known.node.isEmpty ? Self.nodeName(storeID) : known.node
        try database.connection.transaction { () throws(SQLiteError) in
            try database.create(storeID: storeID, node: node)
            for epoch in known.index.epochs { try database.insert(epoch) }
            for lane in known.index.lanes {
                try database.insert(lane)
                try database.replaceGaps(of: lane)
                for (hub, landed) in known.acks[lane.lane]?.hubs ?? [:] {
                    try database.save(landed, lane: lane.row, hub: hub)
                }
            }
            for total in known.index.gapTotals { try database.save(total) }
            try database.replacePrimers(by: known.primers)
            for clock in known.clocks { try database.insert(clock) }
            if let heartbeat = known.heartbeat { try database.save(heartbeat) }
            try database.apply(known.records.map(StateChange.put))
        }
    }

    /// What is not taken from damaged files: what a hub has from the first number on, and what was given up before.
    ///
    /// What a hub has beyond that is taken: a segment has no holes that are no gaps.
    private func settled(_ loaded: StoreDatabase.Loaded) -> [Lane: SequenceSet] {
        var settled: [Lane: SequenceSet] = [:]
        for lane in loaded.index.lanes {
            var set = SequenceSet(cumulative: loaded.acks[lane.lane]?.all.cumulative ?? 0)
            for gap in lane.gaps where gap.reason != .unreadable && gap.first <= gap.last {
                set.insert(gap.first...gap.last)
            }
            settled[lane.lane] = set
        }
        return settled
    }

    /// Enters the gaps, those that the ceiling file tells of included, before the new store gets its name.
    private func finish(_ writer: SalvageWriter, _ loaded: StoreDatabase.Loaded) throws -> UInt64 {
        var lost: UInt64 = 0
        let (_, missing) = try writer.finish { index in
            var changed = loaded
            changed.index = index
            lost = try recover(&changed, writer.database, isSalvaged: true)
            index = changed.index
        }
        return missing + lost
    }

    /// Epochs that the ceiling file names.
    var rememberedEpochs: Set<UInt64> {
        guard let remembered else { return [] }
        return Set(remembered.entries.map(\.lane.epoch)).union([remembered.epoch.id])
    }
}

extension SalvageSurvey {
    /// Whether the WAL holds events, and none of an epoch that the database or the ceiling file knows.
    func isForeignWAL(epochs: Set<UInt64>) -> Bool {
        let known = databaseEpochs.union(epochs)
        return !walEpochs.isEmpty && !known.isEmpty && walEpochs.isDisjoint(with: known)
    }
}
