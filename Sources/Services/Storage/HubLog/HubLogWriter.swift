// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Events
import Glibc
import Logging

/// The one writer of the log: takes all that waits, commits it in one transaction, then answers.
actor HubLogWriter {
    /// Lanes that stay in memory; a lane is about 200 bytes.
    private static let cachedLanes = 4_096

    nonisolated let executor = StoreExecutor(label: "sluice.hublog.writer")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Nil after closing.
    private(set) var segments: HubLogSegments?
    /// Nil after closing.
    private(set) var watch: WALWatch?
    private var cache = HubLogLaneCache(capacity: cachedLanes)
    private let headers = BatchHeaders()
    private(set) var head: Int64
    let state: HubLogState
    let files: HubLogFiles
    let hubID: UInt64
    var path: String { files.database }
    let upkeepPause: Duration
    let logger: Logger

    init(
        database: sending SQLiteConnection,
        configuration: HubLogConfiguration,
        state: HubLogState,
        head: Int64,
        files: HubLogFiles,
        hubID: UInt64,
        logger: Logger
    ) throws(SQLiteError) {
        // In place of automatic checkpoints, which hold up the answers of the commit that they happen in.
        watch = WALWatch(database)
        segments = try HubLogSegments(
            HubLogStatements(database),
            configuration,
            head: head,
            path: files.database,
            logger: logger
        )
        upkeepPause = configuration.upkeepPause
        self.state = state
        self.head = head
        self.files = files
        self.hubID = hubID
        self.logger = logger
    }

    /// Commits until nothing waits.
    func drain() {
        while let group = state.withLock({ $0.queue.nextGroup() }) {
            commit(group)
            checkpointIfDue()
        }
    }

    /// Whoever waits for this knows that the thread is not stuck.
    func answer() {}

    /// Commits what waits, moves the WAL into the database and closes.
    func close() {
        drain()
        guard let database = segments?.statements.database else { return }
        defer {
            watch = nil
            segments = nil
        }
        // Into a damaged file nothing more is written.
        guard state.withLock({ $0.damage == nil }) else { return }
        do {
            try segments?.saveAge(isClosing: true)
            // Another process that reads must not hold up the shutdown.
            try database.execute("PRAGMA busy_timeout = 50; PRAGMA wal_checkpoint(TRUNCATE)")
            // What is left then is what a reader was in the way of.
            database.setCheckpointOnClose(true)
        } catch {
            // The WAL stays and is read at the next opening.
            logger.warning("hub log: no checkpoint at closing", metadata: ["reason": "\(error)"])
        }
    }

    private func commit(_ group: HubLogQueue.Group) {
        do throws(StoreError) {
            if let damage = state.withLock(\.damage) { throw damage }
            try makeRoom(for: group)
        } catch {
            state.withLock { $0.queue.finished(group, committed: false) }
            return refuseAll(group, error)
        }
        do throws(SQLiteError) {
            try commit(group.work, cursors: group.cursors)
            state.withLock { $0.queue.finished(group, committed: true) }
        } catch {
            state.withLock { $0.queue.finished(group, committed: false) }
            let fault = HubLogDatabase.fault(error, path: path)
            if Self.concernsAll(error) { return refuseAll(group, fault) }
            guard group.work.count > 1 else { return fail(group.work, fault) }
            // One of them is at fault: it must not take the others with it.
            for work in group.work {
                do throws(SQLiteError) {
                    try commit([work], cursors: [:])
                } catch {
                    fail([work], HubLogDatabase.fault(error, path: path))
                }
            }
        }
    }

    private func refuseAll(_ group: HubLogQueue.Group, _ fault: StoreError) {
        // What came behind must not land before what is offered once more: a smaller group might just fit. Taken first, as
        // what is offered once it is known is not behind anything.
        let rest = state.withLock { $0.queue.takeRest() }
        fail(group.work, fault)
        fail(rest, fault)
    }

    private func commit(_ work: [HubLogWork], cursors: [String: Int64]) throws(SQLiteError) {
        guard let segments else {
            for item in work { item.fail(.unavailable("the hub's log is closed")) }
            return
        }
        let transaction = HubLogTransaction(
            segments: segments,
            cache: cache,
            headers: headers,
            head: head,
            path: path,
            now: segments.now
        )
        var outcomes: [HubLogTransaction.Outcome] = []
        outcomes.reserveCapacity(work.count)
        do throws(SQLiteError) {
            try segments.statements.database.transaction { () throws(SQLiteError) in
                for item in work { outcomes.append(try transaction.apply(item)) }
                try transaction.finish(cursors: cursors)
            }
        } catch {
            segments.forgetNotes()
            throw error
        }
        for lane in transaction.lanes.values { cache.store(lane) }
        cache.store(transaction.fronts)
        if let last = transaction.entries.last {
            head = last.position
            segments.landed(bytes: transaction.batchBytes)
        }
        let observers = publish(transaction)
        for (item, outcome) in zip(work, outcomes) { answer(item, outcome, transaction) }
        for observer in observers { observer() }
    }

    /// Makes the commit visible; returns who wants to know.
    private func publish(_ transaction: HubLogTransaction) -> [@Sendable () -> Void] {
        let (entries, gaps) = (transaction.entries, transaction.gapEvents)
        let (landed, repeated, nodes, primers) = (
            transaction.landedEvents, transaction.repeatedEvents, transaction.newNodes, transaction.newPrimers
        )
        let (observers, trouble) = state.withLock { contents in
            contents.recent.append(entries)
            contents.statistics.landed &+= landed
            contents.statistics.total &+= landed
            contents.statistics.repeated &+= repeated
            contents.statistics.gapEvents &+= UInt64(bitPattern: gaps.events)
            contents.statistics.openGaps += gaps.open
            contents.statistics.nodes += nodes
            contents.statistics.primers += primers
            defer { contents.statistics.trouble = nil }
            return (entries.isEmpty ? [] : contents.observers, contents.statistics.trouble)
        }
        if trouble != nil { logger.notice("hub log: landing again", metadata: ["path": "\(path)"]) }
        return observers
    }

    private func answer(_ work: HubLogWork, _ outcome: HubLogTransaction.Outcome, _ transaction: HubLogTransaction) {
        switch (work, outcome) {
        case (.land(_, _, _, _, let completion), .landed(let key, let new, let repeated)),
            (.gap(_, _, let completion), .landed(let key, let new, let repeated)):
            let sequences = transaction.lanes[key]?.landed ?? .init()
            completion(.success(Landed(sequences: sequences, new: new, repeated: repeated)))
        case (.land(_, _, _, _, let completion), .primerWanted(let key, let identifier)):
            let sequences = transaction.lanes[key]?.landed ?? .init()
            completion(.success(Landed(sequences: sequences, new: 0, repeated: 0, primerWanted: identifier)))
        case (.primer(_, _, let completion), .primer(let landing)): completion(.success(landing))
        case (.clock(_, _, let completion), .none): completion(.success(()))
        case (.greet(_, let completion), .greeted(let sets)): completion(.success(sets))
        case (_, .refused(let error)): work.fail(error)
        default: break
        }
    }

    private func fail(_ work: [HubLogWork], _ fault: StoreError) {
        // Nothing of a failed transaction is in the cache; what the database really holds is read again all the same.
        cache.removeAll()
        let before = state.withLock { contents in
            defer { contents.statistics.trouble = fault.description }
            return contents.statistics.trouble
        }
        if case .damaged = fault { state.suspect(fault, files) }
        if before != fault.description {
            logger.error("hub log: nothing lands", metadata: ["reason": "\(fault)"])
        }
        for item in work { item.fail(fault) }
    }

    /// Whether every transaction would meet the same fault now, whatever is in it.
    private static func concernsAll(_ error: SQLiteError) -> Bool {
        switch error.primaryCode {
        case SQLITE_CONSTRAINT, SQLITE_TOOBIG, SQLITE_MISMATCH, SQLITE_RANGE, SQLITE_ERROR: false
        default: true
        }
    }
}
