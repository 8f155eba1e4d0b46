// SPDX-License-Identifier: Apache-2.0

import Events

/// Files salvaged events in a store under their old identity, as segments and packs like any others.
///
/// Rows come in any order and more than once. Each transaction leaves a store that can be gone on with: a salvage that
/// was killed begins again from the first page, and what is there already is only passed over.
final class SalvageWriter {
    /// Pages kept free of rows for the tables beside the segments, and for what is under way.
    private var sparePages: Int64 { 64 + Int64(limits.groupBytes) * 5 / 4 / StoreLimits.pageSize }

    let database: StoreDatabase
    let limits: StoreLimits
    var index: StoreIndex
    /// By position of the lane, what is not to be filed: a hub has it, it was given up, or it is there.
    var settled: [SequenceSet]
    /// By position of the lane, what a hub has: where it was not found, nothing is lost.
    private let acknowledged: [SequenceSet]
    /// By position of the lane, ascending; the packs are there before anything is filed.
    var buckets: [[SalvageBucket]]
    private var insert: (table: String, statement: SQLiteStatement)?
    private var weight = 0
    /// Events filed, those of an earlier attempt left out.
    private(set) var added: UInt64 = 0

    /// - Parameters:
    ///   - index: with every lane that events will come for.
    ///   - settled: by lane, what is not to be filed.
    ///   - acknowledged: by lane, what a hub has.
    init(
        _ database: StoreDatabase,
        index: StoreIndex,
        settled: [Lane: SequenceSet],
        acknowledged: [Lane: SequenceSet],
        limits: StoreLimits
    ) throws {
        self.database = database
        self.index = index
        self.limits = limits
        self.settled = index.lanes.map { settled[$0.lane] ?? SequenceSet() }
        self.acknowledged = index.lanes.map { acknowledged[$0.lane] ?? SequenceSet() }
        buckets = Array(repeating: [], count: index.lanes.count)
        try database.connection.execute("BEGIN IMMEDIATE")
    }

    // MARK: Rows

    func add(_ event: SalvagedEvent) throws {
        guard let position = index.positions[event.lane], !settled[position].contains(event.sequence),
            let number = try bucket(for: event, position)
        else { return }
        guard try insert(event.body, under: event.sequence, in: buckets[position][number].segment) else { return }
        note(event, &buckets[position][number])
        try filed(1, bytes: event.body.count)
    }

    /// Adds a row; false when there is one under the number.
    func insert(_ body: UnsafeRawBufferPointer, under key: UInt64, in segment: SegmentRecord) throws -> Bool {
        let statement = try statement(segment.table)
        statement.bind(key, at: 1)
        statement.bindStatic(body, at: 2)
        try statement.run()
        return database.connection.changes == 1
    }

    /// Counts what was filed, and commits when it is enough.
    func filed(_ events: UInt64, bytes: Int) throws {
        added += events
        weight += bytes + 64
        if weight >= limits.groupBytes { try commit() }
    }

    private func note(_ event: SalvagedEvent, _ bucket: inout SalvageBucket) {
        if bucket.count == 0 || event.sequence < bucket.segment.first {
            bucket.segment = SegmentRecord(
                id: bucket.segment.id,
                first: event.sequence,
                last: max(bucket.segment.last, event.sequence),
                rowBytes: bucket.segment.rowBytes,
                eventBytes: bucket.segment.eventBytes,
                firstTimestamp: event.timestamp
            )
        }
        bucket.segment.last = max(bucket.segment.last, event.sequence)
        bucket.segment.rowBytes += event.body.count
        bucket.segment.eventBytes += event.eventBytes
        bucket.count += 1
        bucket.isChanged = true
    }

    /// The bucket of a sequence; a full one is continued by another where it is filled in order, else divided.
    ///
    /// Nil where a pack has the event: its row was left over.
    private func bucket(for event: SalvagedEvent, _ position: Int) throws -> Int? {
        guard let found = buckets[position].lastIndex(where: { $0.lower <= event.sequence }) else {
            return try make(lower: 0, event, position, at: 0)
        }
        let bucket = buckets[position][found]
        if let pack = bucket.pack {
            guard event.sequence > pack.range.upperBound else { return nil }
            return try make(lower: pack.range.upperBound + 1, event, position, at: found + 1)
        }
        guard bucket.segment.rowBytes >= limits.segmentBytes else { return found }
        if event.sequence > bucket.segment.last {
            return try make(lower: event.sequence, event, position, at: found + 1)
        }
        guard bucket.count > 1 else { return found }
        try divide(position, found)
        return buckets[position].lastIndex { $0.lower <= event.sequence } ?? found
    }

    /// Moves the upper half of a bucket to one of its own: pages that were used again lie in any order.
    private func divide(_ position: Int, _ number: Int) throws {
        insert = nil
        let connection = database.connection
        var lower = buckets[position][number]
        let middle = try connection.prepare(
            "SELECT seq FROM \(lower.segment.table) ORDER BY seq LIMIT 1 OFFSET \(lower.count / 2)"
        )
        guard try middle.step() else { return }
        let first = middle.unsigned(0)
        middle.reset()
        var upper = SalvageBucket(lower: first, segment: lower.segment, count: 0)
        upper.segment = SegmentRecord(
            id: index.nextSegment,
            first: first,
            last: lower.segment.last,
            rowBytes: 0,
            eventBytes: 0,
            firstTimestamp: try database.timestamp(of: first, in: lower.segment) ?? lower.segment.firstTimestamp
        )
        index.nextSegment += 1
        try database.create(upper.segment, lane: index[position].row)
        try connection.execute(
            """
            INSERT INTO \(upper.segment.table) SELECT * FROM \(lower.segment.table) WHERE seq >= \(first);
            DELETE FROM \(lower.segment.table) WHERE seq >= \(first)
            """
        )
        let all = lower
        try measure(&upper, of: all)
        try measure(&lower, of: all)
        lower.segment.last = UInt64(try connection.integer("SELECT max(seq) FROM \(lower.segment.table)") ?? 0)
        buckets[position][number] = lower
        buckets[position].insert(upper, at: number + 1)
    }

    /// Counts what a bucket holds after it was divided.
    private func measure(_ bucket: inout SalvageBucket, of all: SalvageBucket) throws {
        let connection = database.connection
        bucket.count = UInt64(try connection.integer("SELECT count(*) FROM \(bucket.segment.table)") ?? 0)
        bucket.segment.rowBytes = Int(
            try connection.integer("SELECT sum(length(body)) FROM \(bucket.segment.table)") ?? 0
        )
        bucket.segment.eventBytes = bucket.segment.rowBytes * all.segment.eventBytes / max(1, all.segment.rowBytes)
        bucket.isChanged = true
    }

    private func make(lower: UInt64, _ event: SalvagedEvent, _ position: Int, at number: Int) throws -> Int {
        let segment = SegmentRecord(
            id: index.nextSegment,
            first: event.sequence,
            last: event.sequence,
            rowBytes: 0,
            eventBytes: 0,
            firstTimestamp: event.timestamp
        )
        try database.create(segment, lane: index[position].row)
        index.nextSegment += 1
        buckets[position].insert(SalvageBucket(lower: lower, segment: segment, count: 0), at: number)
        return number
    }

    private func statement(_ table: String) throws -> SQLiteStatement {
        if let insert, insert.table == table { return insert.statement }
        let statement = try database.connection.prepare(
            "INSERT OR IGNORE INTO \(table) (seq, body) VALUES (?1, ?2)"
        )
        insert = (table, statement)
        return statement
    }

    // MARK: Transactions

    /// Writes down what the segments hold, makes room within the budget, and commits.
    private func commit() throws {
        weight = 0
        insert = nil
        try saveSegments()
        try makeRoom()
        try database.connection.execute("COMMIT")
        try database.connection.checkpoint(.passive)
        try database.connection.execute("BEGIN IMMEDIATE")
    }

    private func saveSegments() throws {
        for position in buckets.indices {
            for number in buckets[position].indices where buckets[position][number].isChanged {
                try database.save(buckets[position][number].segment)
                buckets[position][number].isChanged = false
            }
        }
    }

    /// Drops the oldest of the least urgent class while there is more than the budget allows: it becomes a gap.
    private func makeRoom() throws {
        while try usedPages() > limits.databasePages - sparePages, let (victim, number) = victim() {
            let bucket = buckets[victim][number]
            for range in try runs(of: bucket) {
                let gap = Gap(
                    lane: index[victim].lane,
                    first: range.lowerBound,
                    last: range.upperBound,
                    reason: .bufferFull
                )
                index[victim].add(gap)
                index.count(gap)
                try database.saveTotal(index.gapTotals, of: gap)
                settled[victim].insert(range)
            }
            try database.replaceGaps(of: index[victim])
            try database.drop(bucket.segment)
            buckets[victim].remove(at: number)
        }
    }

    private func usedPages() throws -> Int64 {
        let pages = try database.connection.integer("PRAGMA page_count") ?? 0
        return pages - (try database.connection.integer("PRAGMA freelist_count") ?? 0)
    }

    private func victim() -> (lane: Int, number: Int)? {
        let candidates = buckets.indices.compactMap { position in
            buckets[position].firstIndex { $0.count > 0 }.map { (lane: position, number: $0) }
        }
        return candidates.min { left, right in
            let (mine, theirs) = (index[left.lane], index[right.lane])
            let classes = (mine.lane.partition.eventClass, theirs.lane.partition.eventClass)
            return classes.0 == classes.1 ? mine.ordinal < theirs.ordinal : classes.0 > classes.1
        }
    }

    /// The consecutive sequences that a bucket holds.
    private func runs(of bucket: SalvageBucket) throws -> [ClosedRange<UInt64>] {
        guard bucket.count > 0 else { return [] }
        if let pack = bucket.pack { return pack.filed.ranges }
        guard bucket.hasHoles else { return [bucket.segment.first...bucket.segment.last] }
        let rows = try database.connection.prepare("SELECT seq FROM \(bucket.segment.table) ORDER BY seq")
        var runs: [ClosedRange<UInt64>] = []
        while try rows.step() {
            let sequence = rows.unsigned(0)
            if let last = runs.last, last.upperBound + 1 == sequence {
                runs[runs.count - 1] = last.lowerBound...sequence
            } else {
                runs.append(sequence...sequence)
            }
        }
        return runs
    }

    // MARK: The end

    /// Makes a gap of each sequence that is missing up to a lane's last, and commits all; returns the index, and how
    /// many events are missing.
    ///
    /// - Parameter before: what else belongs to the last transaction.
    func finish(_ before: (inout StoreIndex) throws -> Void) throws -> (index: StoreIndex, missing: UInt64) {
        insert = nil
        try saveSegments()
        try makeRoom()
        var missing: UInt64 = 0
        for position in buckets.indices {
            var present = settled[position]
            for gap in index[position].gaps where gap.last >= gap.first { present.insert(gap.first...gap.last) }
            for bucket in buckets[position] {
                guard bucket.count > 0 else {
                    try database.drop(bucket.segment)
                    continue
                }
                for range in try runs(of: bucket) { present.insert(range) }
                index[position].sealed.append(bucket.segment)
                index[position].last = max(index[position].last, bucket.segment.last)
            }
            missing += try close(position, present)
        }
        try before(&index)
        try database.connection.execute("COMMIT")
        return (index, missing)
    }

    private func close(_ position: Int, _ present: SequenceSet) throws -> UInt64 {
        let lane = index[position]
        var missing: UInt64 = 0
        if lane.last > 0 {
            for hole in present.missing(in: 1...lane.last) {
                for range in acknowledged[position].missing(in: hole) {
                    let gap = Gap(lane: lane.lane, first: range.lowerBound, last: range.upperBound, reason: .unreadable)
                    index[position].add(gap)
                    index.count(gap)
                    try database.saveTotal(index.gapTotals, of: gap)
                    missing += gap.count
                }
                for range in acknowledged[position].ranges where range.overlaps(hole) {
                    let known = range.clamped(to: hole)
                    // Whoever asks for it again has lost it since.
                    index[position].add(
                        Gap(lane: lane.lane, first: known.lowerBound, last: known.upperBound, reason: .hubRestored)
                    )
                }
            }
        }
        index[position].ceiling = max(index[position].ceiling, index[position].last)
        try database.replaceGaps(of: index[position])
        try database.update(index[position])
        return missing
    }

    /// Gives up what was not committed.
    func abandon() {
        insert = nil
        if database.connection.isInTransaction { try? database.connection.execute("ROLLBACK") }
    }
}
