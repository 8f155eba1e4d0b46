// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// What can be learned about a damaged store beside its events: from its own tables as far as SQLite can still read
/// them, from rows of them that were found, and from the ceiling file.
struct SalvageKnowledge {
    private(set) var loaded = StoreDatabase.Loaded(storeID: 0, node: "")

    init(path: String, survey: SalvageSurvey, remembered: CeilingContents?) {
        if let database = Self.open(path) {
            // Each by itself: one damaged page must not cost the others.
            try? database.loadMeta(into: &loaded)
            try? database.loadEpochs(into: &loaded.index)
            dropDoubtfulEpochs()
            try? database.loadLanes(into: &loaded.index)
            dropDoubtfulLanes()
            correctLanes(survey)
            try? database.loadGaps(into: &loaded.index)
            dropDoubtfulGaps()
            try? database.loadAcks(into: &loaded)
            loaded.primers = (try? database.loadPrimers()) ?? []
            try? database.loadClocks(into: &loaded)
            dropDoubtfulClocks()
            if let found = try? database.loadRecords() { (loaded.records, loaded.damagedRecords) = found }
        }
        if let remembered { add(remembered) }
        addEpochs(of: survey)
        if let remembered { addAcknowledged(remembered) }
        if loaded.primers.isEmpty { loaded.primers = survey.newestPrimers.map(\.primer) }
    }

    private static func open(_ path: String) -> StoreDatabase? {
        guard StoreQuarantine.damage(of: path) == nil, let connection = try? SQLiteConnection(observing: path),
            (try? connection.integer("SELECT count(*) FROM sqlite_schema")) ?? 0 > 0
        else { return nil }
        return StoreDatabase(connection)
    }

    /// In a damaged tree the same row may be met twice, and another's in its place.
    private mutating func dropDoubtfulEpochs() {
        let found = loaded.index.epochs
        loaded.index.epochs = []
        for epoch in found where epoch.epoch.ordinal <= UInt64(UInt32.max) { enter(epoch) }
    }

    private mutating func dropDoubtfulLanes() {
        var (rows, lanes): (Set<Int64>, Set<Lane>) = ([], [])
        let found = loaded.index.lanes
        var index = StoreIndex()
        index.epochs = loaded.index.epochs
        for lane in found where rows.insert(lane.row).inserted && lanes.insert(lane.lane).inserted { index.add(lane) }
        loaded.index = index
    }

    /// A lane's last number is the highest that an event of it was found with, where its row says less or too much.
    private mutating func correctLanes(_ survey: SalvageSurvey) {
        for position in loaded.index.lanes.indices {
            let lane = loaded.index[position]
            if lane.last > lane.ceiling { loaded.index[position].last = 0 }
            let found = survey.lanes[lane.lane]?.last ?? 0
            loaded.index[position].last = max(loaded.index[position].last, found)
            loaded.index[position].ceiling = max(lane.ceiling, found)
        }
    }

    /// A gap was made of what had been given out; one that reaches further was not written by us.
    ///
    /// What could not be read then is looked for again, except where nobody knew its end.
    private mutating func dropDoubtfulGaps() {
        for position in loaded.index.lanes.indices {
            let ceiling = loaded.index[position].ceiling
            var last: UInt64 = 0
            loaded.index[position].gaps.removeAll { gap in
                guard gap.first > last, gap.first <= gap.last, gap.last <= ceiling,
                    gap.reason != .unreadable || !gap.endKnown
                else { return true }
                last = gap.last
                return false
            }
        }
    }

    /// Clock records of an epoch count from 1 and are at most so many.
    private mutating func dropDoubtfulClocks() {
        var last: (epoch: UInt64, ordinal: UInt32, count: Int) = (0, 0, 0)
        loaded.clocks.removeAll { clock in
            if clock.epoch.ordinal != last.epoch { last = (clock.epoch.ordinal, 0, 0) }
            guard clock.record.ordinal > last.ordinal, last.count < StoreClocks.perEpoch else { return true }
            last = (last.epoch, clock.record.ordinal, last.count + 1)
            return false
        }
    }

    /// The ceiling file's own number of the store and name of the node, where the store's were lost.
    private mutating func add(_ remembered: CeilingContents) {
        if loaded.storeID == 0 { loaded.storeID = remembered.storeID }
        if loaded.node.isEmpty { loaded.node = remembered.node }
        guard !loaded.index.epochs.contains(where: { $0.epoch.id == remembered.epoch.id }) else { return }
        enter(EpochRecord(epoch: remembered.epoch, node: remembered.node, fingerprint: ""))
        for entry in remembered.entries {
            let epoch = Epoch(id: entry.lane.epoch, ordinal: entry.ordinal)
            enter(EpochRecord(epoch: epoch, node: remembered.node, fingerprint: ""))
        }
    }

    /// What the ceiling file says that a hub has, where the store's own word was lost.
    private mutating func addAcknowledged(_ remembered: CeilingContents) {
        for entry in remembered.entries where entry.acknowledged > loaded.acks[entry.lane]?.all.cumulative ?? 0 {
            guard let position = loaded.index.positions[entry.lane] else { continue }
            loaded.index[position].last = max(loaded.index[position].last, entry.acknowledged)
            let landed = SequenceSet(cumulative: entry.acknowledged)
            _ = loaded.acks[entry.lane, default: LaneAcks()].add(
                landed,
                hub: StoreRecovery.anyHub,
                upTo: entry.acknowledged
            )
        }
    }

    /// Adds the epochs and lanes that events were found of: by their own rows, and else after all others in the order
    /// of their first event.
    private mutating func addEpochs(of survey: SalvageSurvey) {
        var starts: [UInt64: Int64] = [:]
        for (lane, found) in survey.lanes {
            starts[lane.epoch] = min(starts[lane.epoch] ?? .max, found.firstTimestamp)
        }
        for id in starts.keys {
            if let found = survey.epochs[id] { enter(found) }
        }
        let node = loaded.index.epochs.last?.node ?? loaded.node
        for (id, _) in starts.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            let ordinal = (loaded.index.epochs.last?.epoch.ordinal ?? 0) + 1
            enter(EpochRecord(epoch: Epoch(id: id, ordinal: ordinal), node: node, fingerprint: ""))
        }
        for (lane, found) in survey.lanes.sorted(by: {
            ($0.key.epoch, $0.key.partition) < ($1.key.epoch, $1.key.partition)
        })
        where loaded.index[lane] == nil {
            guard let epoch = loaded.index.epochs.first(where: { $0.epoch.id == lane.epoch }) else { continue }
            loaded.index.add(
                LaneRecord(
                    row: loaded.index.nextLane,
                    lane: lane,
                    ordinal: epoch.epoch.ordinal,
                    last: found.last,
                    ceiling: found.last
                )
            )
        }
    }

    /// Adds an epoch that is not known yet; an ordinal that another has is replaced by the next free one.
    private mutating func enter(_ record: EpochRecord) {
        var record = record
        guard record.epoch.id != 0, !loaded.index.epochs.contains(where: { $0.epoch.id == record.epoch.id }) else {
            return
        }
        if record.epoch.ordinal == 0
            || loaded.index.epochs.contains(where: { $0.epoch.ordinal == record.epoch.ordinal })
        {
            record.epoch.ordinal = (loaded.index.epochs.last?.epoch.ordinal ?? 0) + 1
        }
        loaded.index.epochs.append(record)
        loaded.index.epochs.sort { $0.epoch.ordinal < $1.epoch.ordinal }
    }
}
