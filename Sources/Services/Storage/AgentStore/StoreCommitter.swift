// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Events
import Logging
import Synchronization

/// What the writer does: commits all that waits in one transaction, then calls the completions in order.
///
/// Not thread safe: the writer owns it.
final class StoreCommitter {
    let connection: SQLiteConnection
    let database: StoreDatabase
    let ceiling: CeilingFile
    let checkpointer: StoreCheckpointer
    let shared: StoreShared
    let limits: StoreLimits
    let path: String
    let partitions: UInt32
    let logger: Logger
    let watch: WALWatch
    var statements: WriterStatements
    /// Where a row's body is put together; its address must not change while a statement has it bound.
    let body = RowBuffer()
    /// What failed last and has not succeeded since.
    private var trouble: Trouble?
    /// Free pages were given up, but the file is as long as before until the whole WAL is copied.
    var isShorteningPending = false
    /// When a segment was dropped for the last time.
    var lastDrop: ContinuousClock.Instant?
    /// When events were committed for the last time.
    private(set) var lastCommit: ContinuousClock.Instant?
    /// Why everything is refused, and until when.
    private var refusal: (error: StoreError, end: ContinuousClock.Instant)?
    private let refusalPause: Duration
    /// Time after the last drop before pages are handed back.
    let vacuumPause: Duration
    let clock: @Sendable () -> ClockReading
    /// Milliseconds after which an event is given up.
    let maximumAge: Int64?
    /// Running time that was written down last.
    var lastMark: Int64?
    /// What the clocks said when a commit failed that was to record it.
    private var unrecorded: ClockReading?
    /// Whether a commit is synced.
    ///
    /// Nil until it was said for the first time, and when it is not known.
    private var isSynchronous: Bool?
    /// Whether a sync has failed since the WAL was last known to be on the disk.
    private(set) var isLogDoubtful = false
    private let calls: SystemCalls

    /// What may fail.
    enum Trouble {
        case appending, tidying
    }

    init(
        connection: SQLiteConnection,
        ceiling: CeilingFile,
        checkpointer: StoreCheckpointer,
        shared: StoreShared,
        configuration: StoreConfiguration,
        logger: Logger
    ) throws(SQLiteError) {
        self.connection = connection
        self.ceiling = ceiling
        self.checkpointer = checkpointer
        self.shared = shared
        self.logger = logger
        database = StoreDatabase(connection)
        limits = StoreLimits(maximumBytes: configuration.maximumBytes)
        refusalPause = configuration.refusalPause
        vacuumPause = Self.vacuumPause * configuration.pauseFactor
        clock = configuration.clock
        maximumAge = configuration.maximumAge?.milliseconds
        path = configuration.databasePath
        calls = configuration.calls
        partitions = max(1, configuration.partitions)
        watch = WALWatch(connection)
        statements = try WriterStatements(connection)
        let statements = statements
        // What is in the file already counts from the first commit on.
        shared.state.withLock { statements.measure(into: &$0.index) }
    }

    /// Commits writes in groups of a bounded size.
    func commit(_ taken: [StoreShared.Write]) {
        var writes = taken
        var start = 0
        while start < writes.count {
            var end = start
            var weight = 0
            repeat {
                weight += writes[end].weight
                end += 1
            } while end < writes.count && weight + writes[end].weight <= limits.groupBytes
            let trailing = end == writes.count ? shared.takeNoted() : []
            let result = refused() ?? commit(writes[start..<end], trailing, weight: weight)
            if case .failure = result {
                keep(writes[start..<end].flatMap(\.noted) + trailing, before: end, of: &writes)
            }
            if case .failure = result, let reading = writes[start..<end].last(where: { $0.clock != nil })?.clock {
                unrecorded = reading
            }
            shared.state.withLock { $0.queuedBytes -= weight }
            for write in writes[start..<end] { write.completion(result) }
            if case .success = result { notify() }
            boundWAL()
            start = end
        }
    }

    /// What was noted is not lost with the writes that it came before, and not overtaken by what was noted later.
    private func keep(_ noted: [StateChange], before next: Int, of writes: inout [StoreShared.Write]) {
        guard next < writes.count else { return shared.putBack(noted) }
        writes[next].noted = noted + writes[next].noted
    }

    /// What follows a failed commit closely is refused untried: what stands behind a refused event must not pass it.
    private func refused() -> Result<Void, StoreError>? {
        guard let refusal, ContinuousClock.now < refusal.end else { return nil }
        return .failure(refusal.error)
    }

    /// One transaction: all of `writes` or none.
    ///
    /// - Parameter trailing: changes that were noted after all of them.
    private func commit(
        _ writes: ArraySlice<StoreShared.Write>,
        _ trailing: [StateChange],
        weight: Int
    ) -> Result<Void, StoreError> {
        if let damage = shared.state.withLock(\.damage) { return .failure(damage) }
        let (index, acks) = shared.snapshot()
        var next = index
        do {
            try renewLog()
            try reserveWAL(for: writes)
            try setSynchronous(true)
            try statements.begin.run()
            let before = connection.totalChanges
            try makeRoom(for: writes, in: &next, acks: acks)
            if let unrecorded { try database.record(unrecorded, in: &next) }
            for write in writes {
                try database.apply(write.noted)
                try insert(write, into: &next)
                try database.apply(write.changes)
            }
            try database.apply(trailing)
            try statements.commit.run()
            if connection.totalChanges == before { try syncLog() }
            unrecorded = nil
        } catch {
            let reason = abandon(error, .appending)
            refusal = (reason, ContinuousClock.now + refusalPause)
            return .failure(reason)
        }
        publish(
            &next,
            events: writes.reduce(0) { $0 + $1.block.count },
            bytes: writes.reduce(0) { $0 + $1.block.byteCount }
        )
        lastCommit = .now
        return .success(())
    }

    /// Says whether commits are synced from here on; events are only ever committed with it on.
    func setSynchronous(_ on: Bool) throws(SQLiteError) {
        guard isSynchronous != on else { return }
        isSynchronous = nil
        try connection.execute("PRAGMA synchronous = \(on ? "FULL" : "NORMAL")")
        isSynchronous = on
    }

    /// After a failed sync, writes the WAL again: until then nothing is committed, or copied from it.
    func renewLog() throws(StoreError) {
        if checkpointer.takeFailedSync() { isLogDoubtful = true }
        guard isLogDoubtful else { return }
        try LogRenewal(path: path + "-wal", calls: calls).run()
        isLogDoubtful = false
    }

    /// Syncs what was committed before without a sync: a commit that changes nothing, as the removal of a record that is not
    /// there, is none to SQLite, and whoever waits for it may have noted something before.
    private func syncLog() throws(StoreError) {
        do throws(StoreError) {
            try LogRenewal(path: path + "-wal", calls: calls).sync()
        } catch {
            isLogDoubtful = true
            throw error
        }
    }

    /// Has the WAL written again before the next commit if this was a sync that failed.
    func noteFailedSync(_ error: any Error) {
        if (error as? SQLiteError)?.isFailedSync == true { isLogDoubtful = true }
    }

    /// Rolls back and says why.
    func abandon(_ error: any Error, _ trouble: Trouble) -> StoreError {
        noteFailedSync(error)
        statements.forgetSegments()
        if connection.isInTransaction { try? connection.execute("ROLLBACK") }
        let reason: StoreError
        switch error {
        case let error as StoreError: reason = error
        case let error as SQLiteError: reason = StoreError(error, path: path)
        default: reason = .failed(path: path, reason: "\(error)")
        }
        if let error = error as? SQLiteError, [SQLITE_CORRUPT, SQLITE_NOTADB].contains(error.primaryCode) {
            self.trouble = .appending
            return shared.suspect(SalvageFiles(database: path, calls: calls), reason: "\(error)")
        }
        if self.trouble == nil { logger.error("cannot write events", metadata: ["reason": "\(reason)"]) }
        // Until events are written again, where they are what failed.
        if self.trouble != .appending { self.trouble = trouble }
        shared.state.withLock { $0.trouble = reason.description }
        return reason
    }

    /// Shows what was committed to readers, and notes in the ceiling file how far each lane has come.
    func publish(_ next: inout StoreIndex, events: Int, bytes: Int = 0) {
        // A round of tidying that has nothing to write succeeds on a full disk, too.
        let isOver = events > 0 || trouble == .tidying
        if isOver, trouble != nil {
            logger.notice("writing events again")
            trouble = nil
        }
        statements.measure(into: &next)
        let acks = shared.publish(next, events: events, bytes: bytes, isTroubleOver: isOver)
        for position in next.present where position >= 0 {
            let lane = next[position]
            // A mark that cannot be written only makes a later loss less exact.
            try? ceiling.mark(lane.lane, last: lane.last, acknowledged: acks[lane.lane]?.all.cumulative ?? 0)
        }
    }

    /// Tells whoever reads that there is more.
    func notify() {
        for observer in shared.state.withLock({ $0.observers }) { observer() }
    }

    /// Commits what is left, says that this was a clean end, and empties the WAL.
    func finish() {
        // Into a damaged file nothing more is written.
        guard shared.state.withLock({ $0.damage == nil }) else { return checkpointer.close() }
        _ = tidy(closing: true)
        do {
            statements.forgetSegments()
            checkpointer.close()
            try renewLog()
            try connection.checkpoint(.truncate)
            // Nothing is left to copy: it only removes the file.
            connection.setCheckpointOnClose(true)
            try ceiling.markClean()
        } catch {
            logger.warning("could not close the store cleanly", metadata: ["reason": "\(error)"])
        }
    }
}
