// SPDX-License-Identifier: Apache-2.0

import Batching
package import Events
import Glibc

/// A store as people look at it: read only, whether its agent runs or not, and no file is changed.
///
/// While an agent runs, each piece is read in a transaction of its own: one that lasts would keep the agent's WAL from
/// being used again, until devices were refused.
package final class StoreView {
    /// Events of one lane.
    package struct Events {
        package var node: String
        package var lane: Lane
        package var block: EventBlock
        /// What corrects their times.
        package var clock: LaneClock
    }

    /// Whether an agent has the store.
    package let isRunning: Bool
    let path: String
    private let database: StoreDatabase
    private let marks: FileMarks?
    private let files: [String]
    private var loaded: StoreDatabase.Loaded
    private var opener: PackOpener

    /// Opens the store of a state directory.
    package convenience init(directory: String) throws(StoreError) {
        let configuration = StoreConfiguration(directory: directory)
        let path = configuration.databasePath
        try StoreCheck.requireStore(in: directory)
        try self.init(path: path, isRunning: try StoreLock.isHeld(directory: directory))
    }

    /// Opens a copy of a store.
    package convenience init(copy path: String) throws(StoreError) {
        guard access(path, R_OK) == 0 else { throw .failed(path: path, reason: String(cString: strerror(errno))) }
        try self.init(path: path, isRunning: false)
    }

    private init(path: String, isRunning: Bool) throws(StoreError) {
        self.path = path
        self.isRunning = isRunning
        files = [path, path + "-wal"]
        marks = isRunning ? nil : FileMarks(files)
        if let damage = StoreQuarantine.damage(of: path) { throw .damaged(path: path, reason: damage) }
        do throws(SQLiteError) {
            let connection =
                try isRunning ? SQLiteConnection(path: path, readOnly: true) : SQLiteConnection(observing: path)
            if isRunning { connection.setBusyTimeout(milliseconds: 5000) }
            database = StoreDatabase(connection)
            opener = PackOpener(connection)
            if let found = try database.newerFormat() {
                throw SQLiteError(damage: "has format \(found), this program knows up to \(StoreDatabase.version)")
            }
            guard let loaded = try database.snapshot() else { throw SQLiteError(damage: "it holds no tables yet") }
            self.loaded = loaded
        } catch {
            if error.isDamage { throw .damaged(path: path, reason: error.message) }
            throw StoreError(error, path: path)
        }
    }

    /// What is in it beside the events.
    package func facts() throws(StoreError) -> StoreFacts {
        let facts = StoreFacts(path: path, isRunning: isRunning, loaded) { lane, waiting in
            guard let segment = lane.segment(atOrAfter: waiting) else { return nil }
            let exact = try? database.timestamp(of: waiting, in: segment)
            return exact.flatMap(\.self) ?? segment.firstTimestamp
        }
        try checkUnchanged()
        return facts
    }

    /// Hands over what waits, lane by lane in the order in which lanes drain.
    ///
    /// - Parameter take: also gets each gap that is met.
    package func read(_ take: (Piece) throws -> Void) throws {
        let clocks = ClockHistory(loaded.clocks.map { ClockHistory.Entry(epoch: $0.epoch, record: $0.record) })
        let lanes = loaded.index.lanes.sorted { ($0.ordinal, $0.lane.partition) < ($1.ordinal, $1.lane.partition) }
        for lane in lanes {
            let node = loaded.index.epochs.first { $0.epoch.ordinal == lane.ordinal }?.node ?? loaded.node
            let (acknowledged, last) = (loaded.acks[lane.lane]?.all ?? SequenceSet(), lane.last)
            guard last > 0 else { continue }
            let clock = clocks.clock(of: lane.lane)
            for range in acknowledged.missing(in: 1...last) {
                try read(lane.lane, range) { piece in
                    switch piece {
                    case .gap(let gap): try take(.gap(gap))
                    case .block(let block):
                        try take(.events(Events(node: node, lane: lane.lane, block: block, clock: clock)))
                    }
                }
            }
        }
        try checkUnchanged()
    }

    /// What is met on the way through a lane.
    package enum Piece {
        case events(Events)
        case gap(Gap)
    }

    private enum Found {
        case block(EventBlock)
        case gap(Gap)
    }

    /// Bytes of events that are handed over at once.
    private static let blockBytes = 256 << 10
    /// How often a segment is looked up again that was dropped or packed meanwhile.
    private static let maximumLookups = 100

    private func read(_ lane: Lane, _ range: ClosedRange<UInt64>, _ take: (Found) throws -> Void) throws {
        var next = range.lowerBound
        var lookups = 0
        while next <= range.upperBound {
            switch loaded.index.place(of: next, in: lane) {
            case .end: return
            case .gap(let gap):
                let last = min(gap.last, range.upperBound)
                // What was acknowledged and dropped while this went on is no gap.
                if gap.reason != .hubRestored { try take(.gap(gap)) }
                next = last + 1
            case .rows(let segment, let last):
                let scan = SegmentScan(
                    lane: lane,
                    segment: segment,
                    last: min(last, range.upperBound),
                    maximumBytes: Self.blockBytes
                )
                guard let (block, end) = try piece(scan, from: next) else {
                    lookups += 1
                    guard lookups < Self.maximumLookups else {
                        throw StoreError.failed(path: path, reason: "it keeps changing")
                    }
                    continue
                }
                if let last = block.records.last {
                    try take(.block(block))
                    next = last.sequence + 1
                } else if case .damaged(let first) = end {
                    let readable = segment.isPacked ? nextReadable(scan, after: first) : first + 1
                    let gap = Gap(lane: lane, first: first, last: min(readable - 1, scan.last), reason: .unreadable)
                    try take(.gap(gap))
                    next = gap.last + 1
                }
            }
        }
    }

    /// Reads events; nil where their segment was dropped or packed meanwhile, and was looked up again.
    private func piece(_ scan: SegmentScan, from next: UInt64) throws(StoreError) -> (EventBlock, SegmentScan.End)? {
        var block = EventBlock()
        do throws(SQLiteError) {
            let end = try run(scan, from: next, into: &block)
            return (block, end)
        } catch {
            guard isRunning, error.message.hasPrefix("no such table") else {
                if error.isDamage { throw .damaged(path: path, reason: error.message) }
                throw StoreError(error, path: path)
            }
        }
        opener = PackOpener(database.connection)
        do throws(SQLiteError) {
            if let again = try database.snapshot() { loaded = again }
        } catch {
            throw StoreError(error, path: path)
        }
        return nil
    }

    private func run(
        _ scan: SegmentScan,
        from next: UInt64,
        into block: inout EventBlock
    ) throws(SQLiteError) -> SegmentScan.End {
        guard scan.segment.isPacked else {
            let rows = try database.connection.prepare(
                "SELECT seq, body FROM \(scan.segment.table) WHERE seq >= ?1 ORDER BY seq"
            )
            return try scan.run(rows, from: next, into: &block)
        }
        return try PackScan(lane: scan.lane, pack: scan.segment, last: scan.last, opener: opener)
            .run(from: next, maximumBytes: scan.maximumBytes, into: &block)
    }

    private func nextReadable(_ scan: SegmentScan, after first: UInt64) -> UInt64 {
        PackScan(lane: scan.lane, pack: scan.segment, last: scan.last, opener: opener).nextReadable(after: first)
            ?? scan.last + 1
    }

    /// Throws when an agent has begun to use files that were read as those of a stopped one.
    private func checkUnchanged() throws(StoreError) {
        guard let marks, marks != FileMarks(files) else { return }
        throw .failed(path: path, reason: "an agent has started, or just ended: run this again")
    }
}

extension StoreDatabase {
    /// All but the events, from one moment.
    func snapshot() throws(SQLiteError) -> Loaded? {
        try connection.execute("BEGIN")
        defer { try? connection.execute("COMMIT") }
        return try load()
    }
}
