// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// One group commit in the making: what it changes stays here until the database has it, and is dropped when that fails.
final class HubLogTransaction {
    /// What is told to the one who asked, once the commit is durable.
    enum Outcome {
        case landed(HubLogLane.Key, new: Int, repeated: Int)
        /// The batch names a primer that is not here.
        case primerWanted(HubLogLane.Key, PrimerIdentifier)
        case primer(PrimerLanding)
        case greeted([Lane: SequenceSet])
        case refused(StoreError)
        case none
    }

    /// More holes than this in one lane are refused: filling holes is always allowed.
    static let maximumRanges = 16_384

    let statements: HubLogStatements
    let segments: HubLogSegments
    let cache: HubLogLaneCache
    let headers: BatchHeaders
    let path: String
    /// The hub's clock.
    let now: Int64

    /// Lanes that were looked at, with the changes of this transaction.
    private(set) var lanes: [HubLogLane.Key: HubLogLane] = [:]
    /// The same as committed, for lanes that were in the database.
    private var committed: [HubLogLane.Key: SequenceSet] = [:]
    private var changed: Set<HubLogLane.Key> = []
    /// Epochs of this transaction, which have no lanes yet that it has not made.
    private var newEpochs: Set<Int64> = []
    /// The last openings of which events have landed, as far as they were looked at.
    var fronts: [HubLogFront: UInt64] = [:]
    private(set) var entries: [LogEntry] = []
    private var head: Int64

    // Changes of the statistics.
    private(set) var landedEvents: UInt64 = 0
    private(set) var repeatedEvents: UInt64 = 0
    private(set) var batchBytes = 0
    var gapEvents = GapCount()
    private(set) var newNodes = 0
    var newPrimers = 0

    init(
        segments: HubLogSegments,
        cache: HubLogLaneCache,
        headers: BatchHeaders,
        head: Int64,
        path: String,
        now: Int64
    ) {
        self.segments = segments
        statements = segments.statements
        self.cache = cache
        self.headers = headers
        self.head = head
        self.path = path
        self.now = now
    }

    // MARK: Lanes

    /// The lane as this transaction sees it; made when the log has never heard of it.
    func lane(_ key: HubLogLane.Key) throws(SQLiteError) -> HubLogLane {
        if let lane = lanes[key] { return lane }
        let lane: HubLogLane
        if let cached = cache.lane(key) {
            lane = cached
        } else {
            let epoch = try epochRow(node: key.node, epoch: key.lane.epoch)
            lane = try load(key, epochID: epoch)
        }
        lanes[key] = lane
        committed[key] = lane.landed
        return lane
    }

    /// Takes over a changed lane.
    func update(_ lane: HubLogLane) {
        lanes[lane.key] = lane
        changed.insert(lane.key)
    }

    /// The row of an epoch; made, not yet introduced, when it is new.
    func epochRow(node: String, epoch: UInt64) throws(SQLiteError) -> Int64 {
        let node = try nodeRow(node)
        let select = try statements("SELECT id FROM epochs WHERE node = ? AND epoch = ?")
        select.bind(node, at: 1)
        select.bind(epoch, at: 2)
        defer { select.reset() }
        if try select.step() { return select.integer(0) }
        try refuseDouble("epochs NOT INDEXED WHERE node = ? AND epoch = ?", node, Int64(bitPattern: epoch))
        let insert = try statements("INSERT INTO epochs (node, epoch, ordinal, store) VALUES (?, ?, 0, 0)")
        insert.bind(node, at: 1)
        insert.bind(epoch, at: 2)
        try insert.run()
        newEpochs.insert(statements.database.newestRow)
        return statements.database.newestRow
    }

    /// The row of a node; made when it is new.
    func nodeRow(_ name: String) throws(SQLiteError) -> Int64 {
        let select = try statements("SELECT id FROM nodes WHERE name = ?")
        select.bind(name, at: 1)
        defer { select.reset() }
        if try select.step() { return select.integer(0) }
        let scan = try statements("SELECT 1 FROM nodes NOT INDEXED WHERE name = ?")
        scan.bind(name, at: 1)
        defer { scan.reset() }
        if try scan.step() { throw Self.brokenIndex }
        let insert = try statements("INSERT INTO nodes (name) VALUES (?)")
        insert.bind(name, at: 1)
        try insert.run()
        newNodes += 1
        return statements.database.newestRow
    }

    private func load(_ key: HubLogLane.Key, epochID: Int64) throws(SQLiteError) -> HubLogLane {
        let select = try statements(
            """
            SELECT id, cumulative, highest, events, last, ceiling, closed, landed_ms, checksum, ranges FROM lanes
            WHERE epoch = ? AND partition = ?
            """
        )
        select.bind(epochID, at: 1)
        select.bind(Int64(key.lane.partition.number), at: 2)
        defer { select.reset() }
        guard try select.step() else { return try insertLane(key, epochID: epochID) }
        let id = select.integer(0)
        let lane = HubLogLane(
            id: id,
            key: key,
            epochID: epochID,
            opening: try opening(ofEpoch: epochID),
            landed: SequenceSet(cumulative: select.unsigned(1), ranges: try ranges(of: id)),
            highest: select.unsigned(2),
            events: select.unsigned(3),
            last: select.unsigned(4),
            ceiling: select.unsigned(5),
            closed: select.integer(6) != 0,
            landedMilliseconds: select.integer(7)
        )
        // A flipped bit must not make events look landed that never came.
        let (checksum, ranges) = (select.unsigned(8), select.unsigned(9))
        let isIntact =
            checksum == 0
            || (checksum == HubLogChecksum.of(lane) && ranges == HubLogChecksum.of(ranges: lane.landed.beyond))
        guard isIntact else { throw SQLiteError(damage: "what has landed of a lane of \(key.node) is damaged") }
        return lane
    }

    private func ranges(of lane: Int64) throws(SQLiteError) -> [ClosedRange<UInt64>] {
        let select = try statements("SELECT first, last FROM landed_ranges WHERE lane = ? ORDER BY first")
        select.bind(lane, at: 1)
        defer { select.reset() }
        var ranges: [ClosedRange<UInt64>] = []
        while try select.step() {
            let (first, last) = (select.unsigned(0), select.unsigned(1))
            if first > 0, first <= last { ranges.append(first...last) }
        }
        return ranges
    }

    private static var brokenIndex: SQLiteError { SQLiteError(damage: "an index does not know what its table holds") }

    /// Looks through a table for what its index does not know: a flipped bit there must not make a second lane of one, in
    /// which all would land once more.
    private func refuseDouble(_ rows: String, _ first: Int64, _ second: Int64) throws(SQLiteError) {
        let scan = try statements("SELECT 1 FROM \(rows)")
        scan.bind(first, at: 1)
        scan.bind(second, at: 2)
        defer { scan.reset() }
        if try scan.step() { throw Self.brokenIndex }
    }

    private func insertLane(_ key: HubLogLane.Key, epochID: Int64) throws(SQLiteError) -> HubLogLane {
        if !newEpochs.contains(epochID) {
            let partition = Int64(key.lane.partition.number)
            try refuseDouble("lanes NOT INDEXED WHERE epoch = ? AND partition = ?", epochID, partition)
        }
        let insert = try statements(
            """
            INSERT INTO lanes (epoch, partition, cumulative, highest, events, last, ceiling, closed, landed_ms)
            VALUES (?, ?, 0, 0, 0, 0, 0, 0, 0)
            """
        )
        insert.bind(epochID, at: 1)
        insert.bind(Int64(key.lane.partition.number), at: 2)
        try insert.run()
        let id = statements.database.newestRow
        try HubLogIdentity(laneID: id, key: key).insert(statements)
        return HubLogLane(
            id: id,
            key: key,
            epochID: epochID,
            opening: try opening(ofEpoch: epochID),
            landed: SequenceSet(),
            highest: 0,
            events: 0,
            last: 0,
            ceiling: 0,
            closed: false,
            landedMilliseconds: 0
        )
    }

    // MARK: Landing

    func land(
        _ key: HubLogLane.Key,
        batch: [UInt8],
        block: EventBlock,
        range: ClosedRange<UInt64>
    ) throws(SQLiteError) -> Outcome {
        var lane = try lane(key)
        let missing = lane.landed.missing(in: range)
        guard !missing.isEmpty else {
            repeatedEvents += UInt64(block.count)
            return .landed(key, new: 0, repeated: block.count)
        }
        var landed = lane.landed
        landed.insert(range)
        guard landed.ranges.count <= max(Self.maximumRanges, lane.landed.ranges.count) else {
            return .refused(.unavailable("a lane of \(key.node) has too many holes: send its oldest events first"))
        }
        if let primer = headers.primer(of: batch), try !use(primer, node: key.node) {
            return .primerWanted(key, primer)
        }
        try cover(&lane, range)
        let whole = missing == [range]
        let kept = whole ? nil : HubLogRow.encode(missing, first: range.lowerBound)
        // Order within a partition is by opening and sequence: what lands behind it is replayed, whatever the reason.
        let isPassed = try isPassed(lane)
        let isHistorical = isPassed || (missing.first?.lowerBound ?? 0) < lane.highest
        try insertRow(
            lane.id,
            first: range.lowerBound,
            count: block.count,
            batch: batch,
            kept: kept,
            historical: isHistorical
        )

        var new = whole ? block : block.keeping(missing)
        new.mark(key.lane.partition.eventClass)
        entries.append(
            LogEntry(position: head, node: key.node, lane: key.lane, block: new, isHistorical: isHistorical)
        )
        lane.highest = max(lane.highest, missing.last?.upperBound ?? 0)
        lane.events += UInt64(new.count)
        lane.landedMilliseconds = now
        update(lane)
        landedEvents += UInt64(new.count)
        repeatedEvents += UInt64(block.count - new.count)
        return .landed(key, new: new.count, repeated: block.count - new.count)
    }

    func insertRow(
        _ lane: Int64,
        first: UInt64,
        count: Int,
        batch: [UInt8],
        kept: [UInt8]?,
        historical: Bool
    ) throws(SQLiteError) {
        head += 1
        batchBytes += batch.count
        let insert = try statements.volatile(
            """
            INSERT INTO \(segments.open.table) (position, lane, first, count, batch, kept, checksum, historical)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """
        )
        insert.bind(head, at: 1)
        insert.bind(lane, at: 2)
        insert.bind(first, at: 3)
        insert.bind(Int64(count), at: 4)
        insert.bind(batch.span.bytes, at: 5)
        if let kept { insert.bind(kept.span.bytes, at: 6) } else { insert.bindNull(at: 6) }
        insert.bind(
            HubLogRow.checksum(
                lane: lane,
                first: first,
                count: count,
                batch: batch,
                kept: kept,
                historical: historical
            ),
            at: 7
        )
        insert.bind(Int64(historical ? 1 : 0), at: 8)
        try insert.run()
    }

    // MARK: The end

    /// Writes what changed of the lanes, and the readers' positions.
    func finish(cursors: [String: Int64]) throws(SQLiteError) {
        for key in changed {
            guard let lane = lanes[key] else { continue }
            try statements.write(lane)
            try writeRanges(lane, before: committed[key] ?? SequenceSet())
        }
        for (name, position) in cursors { try HubLogCursors.store(name, position, statements) }
    }

    /// Only ranges that came or went are touched.
    private func writeRanges(_ lane: HubLogLane, before: SequenceSet) throws(SQLiteError) {
        guard before.beyond != lane.landed.beyond else { return }
        let old = Set(before.beyond)
        let new = Set(lane.landed.beyond)
        let delete = try statements("DELETE FROM landed_ranges WHERE lane = ? AND first = ?")
        for range in old.subtracting(new) {
            delete.bind(lane.id, at: 1)
            delete.bind(range.lowerBound, at: 2)
            try delete.run()
        }
        try statements.insert(new.subtracting(old), lane: lane.id)
    }
}
