// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

extension StoreDatabase {
    /// What a database says of itself.
    struct Loaded {
        var storeID: UInt64
        var node: String
        var index = StoreIndex()
        var acks: [Lane: LaneAcks] = [:]
        var primers: [Primer] = []
        var clocks: [StoredClock] = []
        /// Where the running time had come beside them.
        var heartbeat: RunningTime.Mark?
    }

    /// Makes the tables of a new store.
    func create(storeID: UInt64, node: String) throws(SQLiteError) {
        try connection.execute(String(decoding: PackageResources.schema_01_store_sql, as: UTF8.self))
        try addPrimers()
        try addClocks()
        try addPacks()
        let statement = try connection.prepare("INSERT INTO meta (id, store_id, node) VALUES (1, ?, ?)")
        statement.bind(storeID, at: 1)
        statement.bind(node, at: 2)
        try statement.run()
    }

    /// Reads all but the events; nil when the file holds no tables yet.
    func load() throws(SQLiteError) -> Loaded? {
        if try connection.integer("PRAGMA user_version") == 0,
            try connection.integer("SELECT count(*) FROM sqlite_schema") == 0
        {
            return nil
        }
        let meta = try connection.prepare("SELECT store_id, node FROM meta")
        guard try meta.step() else { throw SQLiteError(damage: "meta has no row") }
        var loaded = Loaded(storeID: meta.unsigned(0), node: meta.text(1))
        try loadEpochs(into: &loaded.index)
        try loadLanes(into: &loaded.index)
        try loadSegments(into: &loaded.index)
        try loadGaps(into: &loaded.index)
        try loadAcks(into: &loaded)
        loaded.primers = try loadPrimers()
        try loadClocks(into: &loaded)
        return loaded
    }

    private func loadEpochs(into index: inout StoreIndex) throws(SQLiteError) {
        let rows = try connection.prepare("SELECT ordinal, id, node, fingerprint FROM epochs ORDER BY ordinal")
        while try rows.step() {
            index.epochs.append(
                EpochRecord(
                    epoch: Epoch(id: rows.unsigned(1), ordinal: rows.unsigned(0)),
                    node: rows.text(2),
                    fingerprint: rows.text(3)
                )
            )
        }
    }

    private func loadLanes(into index: inout StoreIndex) throws(SQLiteError) {
        let rows = try connection.prepare(
            """
            SELECT lanes.id, epochs.id, partition, epoch, last, ceiling FROM lanes
            JOIN epochs ON epochs.ordinal = lanes.epoch ORDER BY lanes.id
            """
        )
        while try rows.step() {
            let lane = Lane(
                epoch: rows.unsigned(1),
                partition: Partition(number: UInt32(truncatingIfNeeded: rows.integer(2)))
            )
            index.add(
                LaneRecord(
                    row: rows.integer(0),
                    lane: lane,
                    ordinal: rows.unsigned(3),
                    last: rows.unsigned(4),
                    ceiling: rows.unsigned(5)
                )
            )
        }
    }

    private func loadSegments(into index: inout StoreIndex) throws(SQLiteError) {
        let byRow = Dictionary(uniqueKeysWithValues: index.lanes.enumerated().map { ($1.row, $0) })
        // A store that only an older program wrote has no packs.
        let packedFrom = try connection.integer("PRAGMA user_version") ?? 0 > 2 ? "packed_from" : "NULL"
        let rows = try connection.prepare(
            """
            SELECT id, lane, first, last, row_bytes, event_bytes, first_ms, \(packedFrom) FROM segments
            ORDER BY lane, first
            """
        )
        while try rows.step() {
            guard let position = byRow[rows.integer(1)] else { continue }
            var segment = SegmentRecord(
                id: rows.integer(0),
                first: rows.unsigned(2),
                last: rows.unsigned(3),
                rowBytes: Int(rows.integer(4)),
                eventBytes: Int(rows.integer(5)),
                firstTimestamp: rows.integer(6),
                packedFrom: rows.isNull(7) ? nil : rows.integer(7)
            )
            index.nextSegment = max(index.nextSegment, segment.id + 1)
            if rows.isNull(3) {
                segment.last = segment.first - 1
                index[position].open = try counted(segment)
            } else {
                index[position].sealed.append(segment)
            }
            index[position].last = max(index[position].last, index[position].open?.last ?? segment.last)
        }
    }

    /// What a segment holds that was not sealed: the only rows that are read at opening, at most one segment per lane.
    private func counted(_ segment: SegmentRecord) throws(SQLiteError) -> SegmentRecord {
        var segment = segment
        let last = try connection.prepare("SELECT max(seq) FROM \(segment.table)")
        if try last.step(), !last.isNull(0) { segment.last = max(last.unsigned(0), segment.first) }
        // A damaged page costs the estimate, not the start; the reader makes a gap of what it cannot read.
        if let bytes = try? connection.integer("SELECT sum(length(body)) FROM \(segment.table)") {
            segment.rowBytes = Int(bytes)
            segment.eventBytes = max(0, Int(bytes) - 24 * (segment.range?.count ?? 0))
        }
        return segment
    }

    private func loadGaps(into index: inout StoreIndex) throws(SQLiteError) {
        let byRow = Dictionary(uniqueKeysWithValues: index.lanes.enumerated().map { ($1.row, $0) })
        let rows = try connection.prepare("SELECT lane, first, last, reason, end_known FROM gaps ORDER BY lane, first")
        while try rows.step() {
            guard let position = byRow[rows.integer(0)] else { continue }
            let reason = Gap.Reason(rawValue: UInt8(truncatingIfNeeded: rows.integer(3))) ?? .unreadable
            index[position].add(
                Gap(
                    lane: index[position].lane,
                    first: rows.unsigned(1),
                    last: rows.unsigned(2),
                    reason: reason,
                    endKnown: rows.integer(4) != 0
                )
            )
        }
        let totals = try connection.prepare("SELECT class, reason, events FROM gap_totals")
        while try totals.step() {
            guard let eventClass = EventClass(rawValue: UInt8(truncatingIfNeeded: totals.integer(0))),
                let reason = Gap.Reason(rawValue: UInt8(truncatingIfNeeded: totals.integer(1)))
            else { continue }
            index.gapTotals.append(.init(eventClass: eventClass, reason: reason, events: totals.unsigned(2)))
        }
    }

    private func loadAcks(into loaded: inout Loaded) throws(SQLiteError) {
        let byRow = Dictionary(uniqueKeysWithValues: loaded.index.lanes.map { ($0.row, $0) })
        let rows = try connection.prepare("SELECT lane, hub, cumulative, ranges FROM acks")
        while try rows.step() {
            guard let lane = byRow[rows.integer(0)] else { continue }
            let landed = SequenceSet(cumulative: rows.unsigned(2), ranges: rows.withBlob(3, Self.ranges))
            _ = loaded.acks[lane.lane, default: LaneAcks()].add(landed, hub: rows.unsigned(1), upTo: lane.last)
            loaded.acks[lane.lane]?.changed = []
        }
    }

    private static func ranges(_ blob: UnsafeRawBufferPointer) -> [ClosedRange<UInt64>] {
        stride(from: 0, to: blob.count - 15, by: 16).compactMap { offset in
            let first = UInt64(bigEndian: blob.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let last = UInt64(bigEndian: blob.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
            return first <= last ? first...last : nil
        }
    }
}
