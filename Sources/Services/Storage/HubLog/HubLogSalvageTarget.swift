// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// The new log that salvage fills; lanes keep their ids, on which the checksums of rows depend.
final class HubLogSalvageTarget {
    private let statements: HubLogStatements
    private let headers = BatchHeaders()
    private(set) var lanes: [Int64: HubLogLane] = [:]
    /// By lane, the lowest sequence that was found.
    private(set) var lowest: [Int64: UInt64] = [:]
    private var nodes: [String: Int64] = [:]
    /// Where segments begin, ascending; events in each.
    private let firsts: [Int64]
    private var events: [UInt64]
    private var head: Int64 = 0
    private var noted: Set<[Int64]> = []

    init(
        _ statements: HubLogStatements,
        _ identities: [Int64: HubLogLane.Key],
        firsts: [Int64]
    ) throws(SQLiteError) {
        self.statements = statements
        self.firsts = firsts
        events = Array(repeating: 0, count: firsts.count)
        try statements.database.execute("DROP TABLE log_1; DELETE FROM segments")
        for first in firsts { try HubLogSegment.begin(at: first, before: 0, ms: 0, age: 0, in: statements.database) }
        for laneID in identities.keys.sorted() {
            if let key = identities[laneID] { try insert(HubLogIdentity(laneID: laneID, key: key)) }
        }
    }

    /// Keeps the bytes of a primer, if they are one.
    static func keepPrimer(_ record: SalvageRecord, _ statements: HubLogStatements) throws(SQLiteError) -> Bool {
        let bytes = Array(record.bytes(2))
        guard let primer = try? Primer(bytes: bytes), primer.identifier.rawValue == record.unsigned(1) else {
            return false
        }
        let insert = try statements("INSERT OR IGNORE INTO found (identifier, bytes) VALUES (?, ?)")
        insert.bind(record.unsigned(1), at: 1)
        insert.bind(bytes.span.bytes, at: 2)
        try insert.run()
        return true
    }

    // MARK: Rows

    /// Takes over what of a row is not there yet; returns how many events that were.
    func adopt(_ row: HubLogSalvagedRow) throws(SQLiteError) -> UInt64 {
        guard var lane = lanes[row.laneID] else { return 0 }
        let missing = row.ranges.flatMap { lane.landed.missing(in: $0) }
        guard let first = missing.first, let last = missing.last else { return 0 }
        var index = (firsts.lastIndex { $0 <= row.position }) ?? 0
        if let primer = headers.primer(of: row.batch) {
            guard try note(primer, node: lane.key.node, segment: firsts[index]) else { return 0 }
        }
        let count = missing.reduce(0) { $0 + UInt64($1.count) }
        let kept = count == UInt64(row.count) ? nil : HubLogRow.encode(missing, first: row.first)
        if try !insert(row, at: row.position, segment: firsts[index], kept) {
            // Positions have no checksum: this one is taken, so the row goes to the end.
            index = firsts.count - 1
            guard try insert(row, at: max(head, firsts[index]) + 1, segment: firsts[index], kept) else { return 0 }
        }
        events[index] += count
        for range in missing { lane.landed.insert(range) }
        lane.highest = max(lane.highest, last.upperBound)
        lane.events += count
        lanes[row.laneID] = lane
        lowest[row.laneID] = min(lowest[row.laneID] ?? .max, first.lowerBound)
        return count
    }

    private func insert(
        _ row: HubLogSalvagedRow,
        at position: Int64,
        segment: Int64,
        _ kept: [UInt8]?
    ) throws(SQLiteError) -> Bool {
        let insert = try statements(
            """
            INSERT OR IGNORE INTO \(HubLogSegment.table(segment))
                (position, lane, first, count, batch, kept, checksum, historical) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """
        )
        insert.bind(position, at: 1)
        insert.bind(row.laneID, at: 2)
        insert.bind(row.first, at: 3)
        insert.bind(Int64(row.count), at: 4)
        insert.bind(row.batch.span.bytes, at: 5)
        if let kept { insert.bind(kept.span.bytes, at: 6) } else { insert.bindNull(at: 6) }
        insert.bind(
            HubLogRow.checksum(
                lane: row.laneID,
                first: row.first,
                count: row.count,
                batch: row.batch,
                kept: kept,
                historical: row.historical
            ),
            at: 7
        )
        insert.bind(Int64(row.historical ? 1 : 0), at: 8)
        try insert.run()
        guard statements.database.changes > 0 else { return false }
        head = max(head, position)
        return true
    }

    /// Gives a node the primer that a batch of it names; false when it was not found.
    private func note(_ primer: PrimerIdentifier, node: String, segment: Int64) throws(SQLiteError) -> Bool {
        let nodeID = nodes[node] ?? 0
        if noted.contains([nodeID, Int64(bitPattern: primer.rawValue), segment]) { return true }
        let insert = try statements(
            """
            INSERT OR IGNORE INTO primers (node, identifier, bytes, used)
            SELECT ?, identifier, bytes, 1 FROM found WHERE identifier = ?
            """
        )
        insert.bind(nodeID, at: 1)
        insert.bind(primer.rawValue, at: 2)
        try insert.run()
        let name = try statements(
            "INSERT OR IGNORE INTO segment_primers SELECT ?, id FROM primers WHERE node = ? AND identifier = ?"
        )
        name.bind(segment, at: 1)
        name.bind(nodeID, at: 2)
        name.bind(primer.rawValue, at: 3)
        try name.run()
        guard statements.database.changes > 0 else { return false }
        noted.insert([nodeID, Int64(bitPattern: primer.rawValue), segment])
        return true
    }

    // MARK: Lanes

    private func insert(_ identity: HubLogIdentity) throws(SQLiteError) {
        let (node, lane) = (identity.key.node, identity.key.lane)
        let database = statements.database
        if nodes[node] == nil {
            let insert = try statements("INSERT INTO nodes (name) VALUES (?)")
            insert.bind(node, at: 1)
            try insert.run()
            nodes[node] = database.newestRow
        }
        let epoch = try statements("INSERT OR IGNORE INTO epochs (node, epoch, ordinal, store) VALUES (?, ?, 0, 0)")
        epoch.bind(nodes[node] ?? 0, at: 1)
        epoch.bind(lane.epoch, at: 2)
        try epoch.run()
        let insert = try statements(
            """
            INSERT OR IGNORE INTO lanes
                (id, epoch, partition, cumulative, highest, events, last, ceiling, closed, landed_ms)
            SELECT ?, id, ?, 0, 0, 0, 0, 0, 0, 0 FROM epochs WHERE node = ? AND epoch = ?
            """
        )
        insert.bind(identity.laneID, at: 1)
        insert.bind(Int64(lane.partition.number), at: 2)
        insert.bind(nodes[node] ?? 0, at: 3)
        insert.bind(lane.epoch, at: 4)
        try insert.run()
        guard database.changes > 0 else { return }
        try identity.insert(statements)
        lanes[identity.laneID] = HubLogLane(
            id: identity.laneID,
            key: identity.key,
            epochID: 0,
            landed: SequenceSet(),
            highest: 0,
            events: 0,
            last: 0,
            ceiling: 0,
            closed: false,
            landedMilliseconds: 0
        )
    }

    func insert(_ gap: Gap, laneID: Int64) throws(SQLiteError) {
        _ = try statements.insert(gap, lane: laneID, recorded: HubLogClock.system.now().wall)
    }

    /// Writes what has landed of a lane.
    func write(_ lane: HubLogLane) throws(SQLiteError) {
        try statements.write(lane)
        try statements.insert(lane.landed.beyond, lane: lane.id)
    }

    // MARK: Segments

    /// Ends the segments and begins one to write to, ``HubLogSegment/leap`` positions further.
    func finish() throws(SQLiteError) {
        let database = statements.database
        var before: UInt64 = 0
        for (index, first) in firsts.enumerated() {
            let last = index + 1 < firsts.count ? firsts[index + 1] - 1 : max(head, first)
            try HubLogSegment.end(first, at: last, ms: 0, age: 0, in: database)
            let update = try statements("UPDATE segments SET before = ? WHERE first = ?")
            update.bind(before, at: 1)
            update.bind(first, at: 2)
            try update.run()
            before += events[index]
        }
        let start = max(head, firsts[firsts.count - 1]) + HubLogSegment.leap
        let now = HubLogClock.system.now().wall
        try HubLogSegment.begin(at: start, before: before, ms: now, age: 0, in: database)
    }
}
