// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Events
import Glibc
import Logging
import Synchronization

/// The reader's thread, with a connection of its own: reading never waits for the writer, nor the writer for reading
/// (https://sqlite.org/wal.html#concurrency).
actor StoreReader {
    nonisolated private let executor: any SerialExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// How often a segment is looked up again that was dropped between looking it up and reading it.
    private static let lookups = 100
    /// Read errors at one place after which it is taken for damaged: a lane must not stop for ever.
    private static let patience = 3
    /// Searches of all files for other copies of damaged rows.
    private static let maximumSearches = 64

    private let shared: StoreShared
    private let files: SalvageFiles
    private var path: String { files.database }
    private let logger: Logger
    private let onGap: @Sendable (Gap) -> Void
    /// Nil once the store is closed.
    private var connection: SQLiteConnection?
    private var statement: (table: String, rows: SQLiteStatement)?
    private var searches = 0
    private var opener: PackOpener?
    private var failures: (lane: Lane, sequence: UInt64, count: Int)?

    /// - Parameters:
    ///   - executor: the thread that reads.
    ///   - onGap: takes what could not be read, to be recorded.
    init(
        _ connection: sending SQLiteConnection,
        executor: any SerialExecutor,
        shared: StoreShared,
        files: SalvageFiles,
        logger: Logger,
        onGap: @escaping @Sendable (Gap) -> Void
    ) {
        self.connection = connection
        self.executor = executor
        self.shared = shared
        self.files = files
        self.logger = logger
        self.onGap = onGap
    }

    func close() {
        forgetTables()
        opener = nil
        connection = nil
    }

    func read(_ lane: Lane, from sequence: UInt64, maximumBytes: Int) -> LaneSlice {
        guard let connection else { return .failed(.unavailable("the store is closed")) }
        var block = EventBlock()
        var next = sequence
        for _ in 0..<Self.lookups {
            switch shared.state.withLock({ $0.index.place(of: next, in: lane) }) {
            case .end: return block.isEmpty ? .end : .events(block)
            case .gap(let gap): return block.isEmpty ? .gap(gap) : .events(block)
            case .rows(let segment, let last):
                let scan = SegmentScan(lane: lane, segment: segment, last: last, maximumBytes: maximumBytes)
                do {
                    let end = try run(scan, from: next, into: &block, connection)
                    guard case .damaged(let first) = end else {
                        next = (block.records.last?.sequence ?? last) + 1
                        if block.byteCount >= maximumBytes || end == .full { return .events(block) }
                        continue
                    }
                    return block.isEmpty ? giveUp(first, scan, connection) : .events(block)
                } catch {
                    forgetTables()
                    if !block.isEmpty { return .events(block) }
                    // Dropped since it was looked up; the index will say so as soon as the writer has published it.
                    if error.message.hasPrefix("no such table") {
                        usleep(200)
                        continue
                    }
                    return failed(error, at: next, scan, connection)
                }
            }
        }
        guard block.isEmpty else { return .events(block) }
        // The writer may only be late; a table that is gone for good is damage, which every opening looks for.
        return .failed(.failed(path: path, reason: "a segment is missing"))
    }

    /// Batches of packs that may be sent as they are, or what can be sent anew so that the next ones can; nil where
    /// there are none.
    func ready(_ lane: Lane, from sequence: UInt64, through: UInt64, _ terms: PackTerms) -> PackSlice? {
        guard let connection,
            case .rows(let segment, let last) = shared.state.withLock({ $0.index.place(of: sequence, in: lane) }),
            segment.isPacked
        else { return nil }
        let scan = PackScan(lane: lane, pack: segment, last: min(last, through), opener: opener(connection))
        do {
            return try scan.ready(from: sequence, terms)
        } catch {
            // Whatever it is, reading the events meets it again.
            forgetTables()
            return nil
        }
    }

    private func opener(_ connection: SQLiteConnection) -> PackOpener {
        if let opener { return opener }
        let opener = PackOpener(connection)
        self.opener = opener
        return opener
    }

    /// A segment that was read may be gone.
    private func forgetTables() {
        statement = nil
        opener?.forget()
    }

    private func run(
        _ scan: SegmentScan,
        from next: UInt64,
        into block: inout EventBlock,
        _ connection: SQLiteConnection
    ) throws(SQLiteError) -> SegmentScan.End {
        guard scan.segment.isPacked else {
            return try scan.run(rows(of: scan.segment, connection), from: next, into: &block)
        }
        return try packScan(scan, connection).run(from: next, maximumBytes: scan.maximumBytes, into: &block)
    }

    private func packScan(_ scan: SegmentScan, _ connection: SQLiteConnection) -> PackScan {
        PackScan(lane: scan.lane, pack: scan.segment, last: scan.last, opener: opener(connection))
    }

    private func rows(of segment: SegmentRecord, _ connection: SQLiteConnection) throws(SQLiteError) -> SQLiteStatement
    {
        if let statement, statement.table == segment.table { return statement.rows }
        let rows = try connection.prepare("SELECT seq, body FROM \(segment.table) WHERE seq >= ?1 ORDER BY seq")
        statement = (segment.table, rows)
        return rows
    }

    /// Whether the files hold an intact copy of a damaged row somewhere, as pages that were divided or moved leave it.
    ///
    /// Reads all of them, so not more often than a few times.
    private func hasCopy(of sequences: ClosedRange<UInt64>, in lane: Lane, _ connection: SQLiteConnection) -> Bool {
        guard searches < Self.maximumSearches else { return false }
        searches += 1
        let scan = SalvageScan(database: RawFile(connection), wal: RawFile(path: path + "-wal"))
        let survey = SalvageSurvey(scan, packBytes: 0)
        let opener = SalvageOpener(primers: survey.primers)
        var isThere = false
        let take = { (record: SalvageRecord) -> Bool in
            guard let blob = SalvagedBlob(record) else { return false }
            if !isThere, blob.lane == lane, let found = blob.sequences, found.overlaps(sequences) {
                if case .batch(let batch) = blob { isThere = opener.open(batch) != nil } else { isThere = true }
            }
            return true
        }
        scan.readWAL(take)
        if !isThere { scan.readDatabase(take) }
        return isThere
    }

    /// A read error: damage at once where SQLite says so, else when it does not go away.
    private func failed(
        _ error: SQLiteError,
        at sequence: UInt64,
        _ scan: SegmentScan,
        _ connection: SQLiteConnection
    ) -> LaneSlice {
        var count = 1
        if let failures, failures.lane == scan.lane, failures.sequence == sequence { count += failures.count }
        failures = (scan.lane, sequence, count)
        guard error.isDamage || count >= Self.patience else { return .failed(StoreError(error, path: path)) }
        return .failed(shared.suspect(files, reason: "\(error)"))
    }

    /// Makes a gap of what cannot be read, unless more than single rows is damaged.
    ///
    /// A hole is none where a hub has the events: a salvage does not look for those, and their gap is forgotten. Whoever
    /// asks for them again has lost them since.
    private func giveUp(_ first: UInt64, _ scan: SegmentScan, _ connection: SQLiteConnection) -> LaneSlice {
        let landed = shared.state.withLock { $0.acks[scan.lane]?.all } ?? SequenceSet()
        let hole = first...lastUnreadable(from: first, scan, connection)
        if let known = landed.ranges.first(where: { $0.contains(first) }) {
            let last = min(known.upperBound, hole.upperBound)
            return .gap(Gap(lane: scan.lane, first: first, last: last, reason: .hubRestored))
        }
        let waiting = landed.missing(in: hole).first ?? hole
        if !scan.segment.isPacked, scan.condition(first, connection) == .missing {
            do throws(SQLiteError) {
                guard try StoreDatabase(connection).isWhole(scan.segment.table) else {
                    let reason = "event \(first) is missing from \(scan.segment.table)"
                    return .failed(shared.suspect(files, reason: reason))
                }
            } catch {
                forgetTables()
                return failed(error, at: first, scan, connection)
            }
        }
        if hasCopy(of: waiting, in: scan.lane, connection) {
            return .failed(shared.suspect(files, reason: "event \(first) is damaged, and whole in another place"))
        }
        let gap = Gap(lane: scan.lane, first: first, last: waiting.upperBound, reason: .unreadable)
        logger.error(
            "events cannot be read and are given up",
            metadata: ["first": "\(first)", "last": "\(gap.last)", "table": "\(scan.segment.table)"]
        )
        onGap(gap)
        return .gap(gap)
    }

    /// The last of the events from `first` on that cannot be read.
    private func lastUnreadable(from first: UInt64, _ scan: SegmentScan, _ connection: SQLiteConnection) -> UInt64 {
        if scan.segment.isPacked {
            let next = packScan(scan, connection).nextReadable(after: first)
            return min(scan.last, next.map { $0 - 1 } ?? scan.last)
        }
        var last = first
        while last < scan.last, scan.condition(last + 1, connection) != .intact { last += 1 }
        return last
    }
}
