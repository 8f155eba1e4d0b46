// SPDX-License-Identifier: Apache-2.0

import Logging

/// The segments of the log and what becomes of them: begun, ended, dropped, and their pages handed back.
///
/// Belongs to the writer, on its thread.
final class HubLogSegments {
    /// Pages in use, and free ones.
    struct Size {
        var used: Int64
        var free: Int64
    }

    let statements: HubLogStatements
    let limits: HubLogLimits
    private let clock: HubLogClock
    let path: String
    private let logger: Logger

    /// By position; the last one is written to.
    private(set) var all: [HubLogSegment]
    /// Bytes of batches in the one that is written to, as far as is known.
    private var bytes: Int64
    /// Rows of primers that are known to be noted for the one that is written to.
    private var noted: Set<Int64> = []
    private(set) var facts: HubLogFacts
    private var age: HubLogAge
    private var savedAge: Int64 = 0
    /// The reader that is in the way of retention.
    private(set) var awaited: String?

    /// While events land, their age is written down this often, in milliseconds; a crash makes them look older by as much.
    private static let ageStep: Int64 = 60_000
    private static let idleAgeStep: Int64 = 3_600_000

    init(
        _ statements: HubLogStatements,
        _ configuration: HubLogConfiguration,
        head: Int64,
        path: String,
        logger: Logger
    ) throws(SQLiteError) {
        self.statements = statements
        self.path = path
        self.logger = logger
        clock = configuration.clock
        let pageSize = try statements.database.integer("PRAGMA page_size") ?? 4_096
        limits = HubLogLimits(configuration, pageSize: pageSize)
        facts = try HubLogFacts(statements.database)
        let now = configuration.clock.now()
        age = facts.age ?? HubLogAge(startingAt: now)
        age.advance(to: now)
        // What landed after the age was written down last is younger than that.
        facts.landedAge = min(age.milliseconds, facts.landedAge + Self.ageStep)
        all = []
        let select = try statements.database.prepare("\(HubLogSegment.query) ORDER BY first")
        while try select.step() { all.append(HubLogSegment(select)) }
        // Batches are about as long as a packet; a wrong guess makes one segment shorter or longer.
        bytes = (head - (all.last?.first ?? head)) * 1_200
    }

    /// The one that is written to.
    var open: HubLogSegment { all[all.count - 1] }

    var now: Int64 { age.reading.wall }

    func advance() {
        age.advance(to: clock.now())
    }

    // MARK: Landing

    /// Batches of so many bytes have landed.
    func landed(bytes count: Int) {
        bytes += Int64(count)
        facts.landedAge = age.milliseconds
    }

    /// Notes that a batch of the segment that is written to names a primer; part of a transaction.
    func note(primer: Int64) throws(SQLiteError) {
        guard !noted.contains(primer) else { return }
        let insert = try statements("INSERT OR IGNORE INTO segment_primers (segment, primer) VALUES (?, ?)")
        insert.bind(open.first, at: 1)
        insert.bind(primer, at: 2)
        try insert.run()
        noted.insert(primer)
    }

    /// A transaction was rolled back: what it noted is not there.
    func forgetNotes() {
        noted.removeAll()
    }

    /// Ends the segment that is written to where it is long enough.
    func rollIfDue(head: Int64, total: UInt64) throws(SQLiteError) {
        guard head >= open.first else { return }
        if try isLarge() || limits.isLong(open, age: age.milliseconds) { try roll(head: head, total: total) }
    }

    private func isLarge() throws(SQLiteError) -> Bool {
        guard bytes >= limits.segmentBytes else { return false }
        return bytes >= limits.segmentEnd(logPages: try size().used)
    }

    /// Ends the segment that is written to, and begins the next.
    func roll(head: Int64, total: UInt64) throws(SQLiteError) {
        let old = open
        try statements.database.transaction { () throws(SQLiteError) in
            let database = statements.database
            try HubLogSegment.end(old.first, at: head, ms: now, age: facts.landedAge, in: database)
            try HubLogSegment.begin(at: head + 1, before: total, ms: now, age: age.milliseconds, in: database)
        }
        all[all.count - 1].last = head
        all[all.count - 1].endedAge = facts.landedAge
        all.append(
            HubLogSegment(
                first: head + 1,
                last: nil,
                format: HubLogSchema.version,
                before: total,
                began: now,
                beganAge: age.milliseconds,
                endedAge: nil
            )
        )
        bytes = 0
        noted.removeAll()
        statements.forgetVolatile()
    }

    // MARK: Dropping

    /// The reader that has not handed on all of the oldest segment; nil when it may go.
    func reader(awaitedBy segment: HubLogSegment, _ cursors: [String: Int64]) -> String? {
        guard let last = segment.last else { return nil }
        let slowest = cursors.min { ($0.value, $0.key) < ($1.value, $1.key) }
        return slowest.flatMap { $0.value < last ? $0.key : nil }
    }

    /// Drops the oldest segment, with the primers that only it named; the readers' positions go down with it.
    func dropOldest(_ cursors: [String: Int64]) throws(SQLiteError) -> (primers: Int, events: UInt64) {
        let segment = all[0]
        let events = all[1].before &- segment.before
        var next = facts
        next.age = age
        next.dropped.events &+= events
        next.dropped.position = segment.last ?? next.dropped.position
        next.dropped.milliseconds = now
        var primers = 0
        try statements.database.transaction { () throws(SQLiteError) in
            primers = try dropPrimers(of: segment)
            try statements.database.execute("DROP TABLE \(segment.table)")
            try statements.database.execute("DELETE FROM segments WHERE first = \(segment.first)")
            for (name, position) in cursors { try HubLogCursors.store(name, position, statements) }
            try next.save(statements)
        }
        facts = next
        all.removeFirst()
        logger.info(
            "hub log: oldest events dropped",
            metadata: ["events": "\(events)", "up_to_position": "\(facts.dropped.position)"]
        )
        return (primers, events)
    }

    private func dropPrimers(of segment: HubLogSegment) throws(SQLiteError) -> Int {
        let delete = try statements(
            """
            DELETE FROM primers WHERE used = 1
                AND id IN (SELECT primer FROM segment_primers WHERE segment = ?1)
                AND NOT EXISTS (SELECT 1 FROM segment_primers WHERE primer = primers.id AND segment <> ?1)
            """
        )
        delete.bind(segment.first, at: 1)
        try delete.run()
        let count = statements.database.changes
        try statements.database.execute("DELETE FROM segment_primers WHERE segment = \(segment.first)")
        return count
    }

    /// Whether the oldest segment is older than what is kept; ends the one that is written to where all of it is.
    func isOldestExpired(head: Int64, total: UInt64) throws(SQLiteError) -> Bool {
        if all.count == 1, head >= open.first {
            var ended = open
            ended.endedAge = facts.landedAge
            if limits.isExpired(ended, age: age.milliseconds) { try roll(head: head, total: total) }
        }
        return all.count > 1 && limits.isExpired(all[0], age: age.milliseconds)
    }

    /// Says once that a reader is in the way of retention.
    func waits(for reader: String?) {
        if let reader, reader != awaited {
            logger.warning(
                "hub log: what SLUICE_HUB_KEEP would drop is kept for a reader that has not handed it on",
                metadata: ["reader": "\(reader)", "path": "\(path)"]
            )
        }
        awaited = reader
    }

    // MARK: Pages

    func size() throws(SQLiteError) -> Size {
        let free = try statements.database.integer("PRAGMA freelist_count") ?? 0
        return Size(used: (try statements.database.integer("PRAGMA page_count") ?? 0) - free, free: free)
    }

    /// Moves some free pages to the end of the file and cuts them off; false when there are few of them.
    ///
    /// What the next segments will take again is left to them.
    func handBack() throws(SQLiteError) -> Bool {
        let size = try size()
        let spare = max(2 * limits.segmentBytes / limits.pageSize, (size.used + size.free) / 8)
        let isTooLarge = limits.pages.map { size.used + size.free > $0 } ?? false
        guard size.free > (isTooLarge ? 0 : spare) else { return false }
        try statements.database.execute("PRAGMA incremental_vacuum(256)")
        return try self.size().free < size.free
    }

    /// Writes down how old the log is, now and then.
    func saveAge(isClosing: Bool = false) throws(SQLiteError) {
        let passed = age.milliseconds - savedAge
        let step = facts.landedAge > savedAge ? Self.ageStep : Self.idleAgeStep
        guard isClosing || facts.age == nil || passed >= step else { return }
        facts.age = age
        try statements.database.transaction { () throws(SQLiteError) in try facts.save(statements) }
        savedAge = age.milliseconds
    }
}
