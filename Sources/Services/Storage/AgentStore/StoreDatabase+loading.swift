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
        /// What services keep beside the events.
        var records: [StateRecord] = []
        /// Records that were there and cannot be read.
        var damagedRecords = 0
        /// Where the running time had come beside them.
        var heartbeat: RunningTime.Mark?
    }

    /// Makes the tables of a new store.
    func create(storeID: UInt64, node: String) throws(SQLiteError) {
        try connection.execute(String(decoding: PackageResources.schema_01_store_sql, as: UTF8.self))
        try addPrimers()
        try addClocks()
        try addPacks()
        try addRecords()
        let statement = try connection.prepare("INSERT INTO meta (id, store_id, node) VALUES (1, ?, ?)")
        statement.bind(storeID, at: 1)
        statement.bind(node, at: 2)
        try statement.run()
    }

    /// Whether the file holds no tables yet.
    private func isBlank() throws(SQLiteError) -> Bool {
        guard try connection.integer("PRAGMA user_version") == 0 else { return false }
        return try connection.integer("SELECT count(*) FROM sqlite_schema") == 0
    }

    /// Reads what tells whether anything is missing: lanes and their segments, and no row; nil when the file holds no
    /// tables yet.
    func survey() throws(SQLiteError) -> StoreIndex? {
        guard try !isBlank() else { return nil }
        var loaded = Loaded(storeID: 0, node: "")
        try loadMeta(into: &loaded)
        try loadEpochs(into: &loaded.index)
        try loadLanes(into: &loaded.index)
        try loadSegments(into: &loaded.index, counting: false)
        return loaded.index
    }

    /// Reads all but the events; nil when the file holds no tables yet.
    func load() throws(SQLiteError) -> Loaded? {
        guard try !isBlank() else { return nil }
        var loaded = Loaded(storeID: 0, node: "")
        try loadMeta(into: &loaded)
        try loadEpochs(into: &loaded.index)
        try loadLanes(into: &loaded.index)
        try loadSegments(into: &loaded.index)
        try loadGaps(into: &loaded.index)
        try loadAcks(into: &loaded)
        loaded.primers = try loadPrimers()
        try loadClocks(into: &loaded)
        (loaded.records, loaded.damagedRecords) = try loadRecords()
        return loaded
    }

    func loadMeta(into loaded: inout Loaded) throws(SQLiteError) {
        let meta = try connection.prepare("SELECT store_id, node FROM meta")
        guard try meta.step() else { throw SQLiteError(damage: "meta has no row") }
        loaded.storeID = meta.unsigned(0)
        loaded.node = meta.text(1)
    }

    func loadEpochs(into index: inout StoreIndex) throws(SQLiteError) {
        let rows = try connection.prepare("SELECT ordinal, id, node, fingerprint FROM epochs ORDER BY ordinal")
        while try rows.step() {
            index.epochs.append(
                EpochRecord(
                    epoch: Epoch(id: rows.unsigned(1), ordinal: try number(rows, 0)),
                    node: rows.text(2),
                    fingerprint: rows.text(3)
                )
            )
        }
    }

    func loadLanes(into index: inout StoreIndex) throws(SQLiteError) {
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
                    row: Int64(try number(rows, 0)),
                    lane: lane,
                    ordinal: try number(rows, 3),
                    last: try number(rows, 4),
                    ceiling: try number(rows, 5)
                )
            )
        }
    }

    /// - Parameter counting: whether rows of open segments are counted, for which they are read.
    private func loadSegments(into index: inout StoreIndex, counting: Bool = true) throws(SQLiteError) {
        let byRow = Self.byRow(index)
        // A store that only an older program wrote has no packs.
        let packedFrom = try connection.integer("PRAGMA user_version") ?? 0 > 3 ? "packed_from" : "NULL"
        let rows = try connection.prepare(
            """
            SELECT id, lane, first, last, row_bytes, event_bytes, first_ms, \(packedFrom) FROM segments
            ORDER BY lane, first
            """
        )
        while try rows.step() {
            guard let position = byRow[rows.integer(1)] else { continue }
            var segment = SegmentRecord(
                id: Int64(try number(rows, 0)),
                first: try number(rows, 2, from: 1),
                last: try number(rows, 3),
                rowBytes: Int(try number(rows, 4)),
                eventBytes: Int(try number(rows, 5)),
                firstTimestamp: rows.integer(6),
                packedFrom: rows.isNull(7) ? nil : Int64(try number(rows, 7))
            )
            index.nextSegment = max(index.nextSegment, segment.id + 1)
            if rows.isNull(3) {
                segment.last = try last(in: segment)
                index[position].open = counting ? counted(segment) : segment
            } else {
                index[position].sealed.append(segment)
            }
            index[position].last = max(index[position].last, index[position].open?.last ?? segment.last)
        }
    }

    /// Positions of the lanes by the keys of their rows; a damaged table may have one twice.
    private static func byRow(_ index: StoreIndex) -> [Int64: Int] {
        Dictionary(index.lanes.enumerated().map { ($1.row, $0) }) { first, _ in first }
    }

    /// The last sequence of a segment that was not sealed.
    private func last(in segment: SegmentRecord) throws(SQLiteError) -> UInt64 {
        let last = try connection.prepare("SELECT max(seq) FROM \(segment.table)")
        guard try last.step(), !last.isNull(0) else { return segment.first - 1 }
        return max(try number(last, 0), segment.first)
    }

    /// What a segment holds that was not sealed: the only rows that are read at opening, at most one segment per lane.
    private func counted(_ segment: SegmentRecord) -> SegmentRecord {
        var segment = segment
        // A damaged page costs the estimate, not the start; the reader makes a gap of what it cannot read.
        if let bytes = try? connection.integer("SELECT sum(length(body)) FROM \(segment.table)") {
            segment.rowBytes = Int(bytes)
            segment.eventBytes = max(0, Int(bytes) - 24 * (segment.range?.count ?? 0))
        }
        return segment
    }

    func loadGaps(into index: inout StoreIndex) throws(SQLiteError) {
        let byRow = Self.byRow(index)
        let rows = try connection.prepare("SELECT lane, first, last, reason, end_known FROM gaps ORDER BY lane, first")
        while try rows.step() {
            guard let position = byRow[rows.integer(0)] else { continue }
            let reason = Gap.Reason(rawValue: UInt8(truncatingIfNeeded: rows.integer(3))) ?? .unreadable
            index[position].add(
                Gap(
                    lane: index[position].lane,
                    first: try number(rows, 1),
                    last: try number(rows, 2),
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
            index.gapTotals.append(.init(eventClass: eventClass, reason: reason, events: try number(totals, 2)))
        }
    }

    func loadAcks(into loaded: inout Loaded) throws(SQLiteError) {
        let byRow = Self.byRow(loaded.index)
        let rows = try connection.prepare("SELECT lane, hub, cumulative, ranges FROM acks")
        while try rows.step() {
            guard let position = byRow[rows.integer(0)] else { continue }
            let lane = loaded.index[position]
            let landed = SequenceSet(cumulative: try number(rows, 2), ranges: rows.withBlob(3, Self.ranges))
            // More than was ever given out: damaged. Without it events are only offered again.
            guard landed.highest <= lane.last else { continue }
            _ = loaded.acks[lane.lane, default: LaneAcks()].add(landed, hub: rows.unsigned(1), upTo: lane.last)
            loaded.acks[lane.lane]?.changed = []
        }
    }

    /// A number that this program wrote; one that it cannot have written is damage.
    ///
    /// Far from where adding to it would overflow: no store gives out that many.
    private func number(
        _ rows: SQLiteStatement,
        _ column: Int32,
        from least: Int64 = 0
    ) throws(SQLiteError) -> UInt64 {
        let value = rows.integer(column)
        guard (least...1 << 48).contains(value) else { throw SQLiteError(damage: "a number is out of range: \(value)") }
        return UInt64(value)
    }

    private static func ranges(_ blob: UnsafeRawBufferPointer) -> [ClosedRange<UInt64>] {
        stride(from: 0, to: blob.count - 15, by: 16).compactMap { offset in
            let first = UInt64(bigEndian: blob.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let last = UInt64(bigEndian: blob.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
            return first <= last ? first...last : nil
        }
    }
}
