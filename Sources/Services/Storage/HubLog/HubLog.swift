// SPDX-License-Identifier: Apache-2.0

import Dispatch
package import Events
import Logging
import Synchronization

/// The hub's event log: batches as they came, landed once, with the set of landed sequences in the same transaction.
///
/// A batch stays compressed on disk: one row holds its bytes, its lane and which of its sequences were new. Readers
/// decode. Safe to call from any thread; `land` and `record` only enqueue, one writer commits all that waits.
package final class HubLog: Sendable {
    /// Random, made once with the log; a copy of the log has the same.
    package let hubID: UInt64
    /// Random, new at every opening.
    package let hubEpoch: UInt64

    private let files: HubLogFiles
    private let state: HubLogState
    private let writer: HubLogWriter
    let tail: HubLogTail
    /// Nil once the log is closed.
    private let lock: Mutex<StoreLock?>
    private let logger: Logger

    init(
        hubID: UInt64,
        hubEpoch: UInt64,
        files: HubLogFiles,
        state: HubLogState,
        writer: HubLogWriter,
        tail: HubLogTail,
        lock: consuming StoreLock,
        logger: Logger
    ) {
        self.hubID = hubID
        self.hubEpoch = hubEpoch
        self.files = files
        self.state = state
        self.writer = writer
        self.tail = tail
        self.lock = Mutex(lock)
        self.logger = logger
    }

    // MARK: Landing

    /// Lands one batch of a lane: sequences that have landed before are trimmed, the rest become readable.
    ///
    /// - Parameters:
    ///   - batch: the bytes as received, already seen to decode to `block`.
    ///   - block: the decoded events, consecutive sequences; handed to readers that follow closely without decoding.
    ///   - completion: called on the writer's thread after the commit was synced: the lane's landed set, or the fault.
    ///     What is refused at once is answered on the caller's thread.
    package func land(
        node: String,
        lane: Lane,
        batch: [UInt8],
        block: EventBlock,
        completion: @escaping @Sendable (Result<Landed, StoreError>) -> Void
    ) {
        guard let range = block.consecutiveRange else {
            return completion(.failure(invalid("a batch of \(node) does not hold consecutive sequences from 1")))
        }
        guard Self.isNodeName(node) else { return completion(.failure(invalid("not a node name: \(node)"))) }
        enqueue(.land(HubLogLane.Key(node: node, lane: lane), batch: batch, block: block, range: range, completion))
    }

    /// Records a gap and counts its range as landed, except what has landed as events.
    package func record(
        node: String,
        gap: Gap,
        completion: @escaping @Sendable (Result<Landed, StoreError>) -> Void
    ) {
        guard gap.first > 0, gap.first <= gap.last, gap.last < UInt64(Int64.max), Self.isNodeName(node) else {
            return completion(.failure(invalid("a gap of \(node) from \(gap.first) to \(gap.last) cannot be")))
        }
        enqueue(.gap(node: node, gap, completion))
    }

    /// Compares what an agent says of itself with what has landed, records the gaps that only a lost copy could fill
    /// (hub restored, store restored), remembers the agent's lanes, and returns the landed set of each lane it named.
    package func greet(_ hello: AgentIntroduction) async throws(StoreError) -> [Lane: SequenceSet] {
        let result: Result<[Lane: SequenceSet], StoreError> = await withCheckedContinuation { continuation in
            greet(hello) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// As ``greet(_:)-async``; the completion is called on the writer's thread.
    package func greet(
        _ hello: AgentIntroduction,
        completion: @escaping @Sendable (Result<[Lane: SequenceSet], StoreError>) -> Void
    ) {
        let sound = hello.lanes.allSatisfy {
            Self.isNodeName($0.node) && max($0.acknowledged, $0.last, $0.ceiling) < UInt64(Int64.max)
        }
        guard sound, Self.isNodeName(hello.node) else {
            return completion(.failure(invalid("\(hello.node) introduces itself with figures that cannot be")))
        }
        enqueue(.greet(hello, completion))
    }

    /// Remembers a ceiling that an agent names between two introductions; with the next group commit.
    package func raiseCeiling(node: String, lane: Lane, to ceiling: UInt64) {
        guard Self.isNodeName(node), ceiling < UInt64(Int64.max) else { return }
        enqueue(.ceiling(HubLogLane.Key(node: node, lane: lane), ceiling))
    }

    // MARK: Reading

    /// Log rows after `position`, oldest first; waits for nothing.
    package func read(after position: Int64, maximumBytes: Int) async throws(StoreError) -> [LogEntry] {
        let recent: [LogEntry]?? = state.withLock { contents in
            if contents.queue.closed { return nil }
            return contents.recent.entries(after: position, maximumBytes: maximumBytes)
        }
        guard let recent else { throw .unavailable("the hub's log is closed") }
        if let recent { return recent }
        let (entries, damaged) = try await readTail(after: position, maximumBytes: maximumBytes)
        for damage in damaged { report(damage) }
        return entries
    }

    private func readTail(
        after position: Int64,
        maximumBytes: Int
    ) async throws(StoreError) -> (entries: [LogEntry], damaged: [HubLogTail.Damage]) {
        do throws(StoreError) {
            return try await tail.read(after: position, maximumBytes: maximumBytes)
        } catch {
            if case .damaged = error { state.suspect(error, files) }
            throw error
        }
    }

    /// The position of the newest row; 0 for an empty log.
    package var head: Int64 { state.withLock { $0.recent.head } }

    /// Called on the writer's thread after each commit that added rows; several may ask for it.
    package func onCommit(_ body: @escaping @Sendable () -> Void) {
        state.withLock { $0.observers.append(body) }
    }

    /// Called once, on any thread, when damage is met that the log cannot go on with: close it and open it again, which
    /// takes over all that is intact.
    package func onDamage(_ body: @escaping @Sendable (StoreError) -> Void) {
        let damage = state.withLock { contents in
            if contents.damage == nil { contents.damageObservers.append(body) }
            return contents.damage
        }
        if let damage { body(damage) }
    }

    /// The position up to which the named reader has handed events on; nil when it never stored one.
    package func cursor(_ name: String) async throws(StoreError) -> Int64? {
        state.withLock { $0.queue.cursors[name] }
    }

    /// Remembers a reader's position with the next group commit, or half a second later when nothing else is committed.
    package func setCursor(_ name: String, _ position: Int64) {
        guard state.withLock({ $0.queue.moveCursor(name, to: position) }) else { return }
        let (state, writer) = (state, writer)
        writer.executor.queue.asyncAfter(deadline: .now() + .milliseconds(500)) {
            guard state.withLock({ $0.queue.cursorTimerFired() }) else { return }
            writer.assumeIsolated { $0.drain() }
        }
    }

    // MARK: The rest

    package func statistics() -> HubLogStatistics {
        var statistics = state.withLock { $0.statistics }
        statistics.diskBytes = files.diskBytes
        return statistics
    }

    /// Comes back once the writer has done what it was doing: it does not hang.
    package func answer() async {
        await writer.answer()
    }

    /// Commits what waits, moves the WAL into the database and closes; later landings complete with `unavailable`.
    package func close() async {
        state.withLock { $0.queue.close() }
        await tail.close()
        await writer.close()
        lock.withLock { $0 = nil }
    }

    func enqueue(_ work: HubLogWork) {
        enum Answer {
            case refused(StoreError)
            case waiting
            case drain
        }
        let answer: Answer = state.withLock { contents in
            if let damage = contents.damage { return .refused(damage) }
            guard contents.queue.push(work) else {
                return .refused(
                    .unavailable("the hub's log is closed, or its disk is too slow for what arrives: try again")
                )
            }
            return contents.queue.startDraining() ? .drain : .waiting
        }
        switch answer {
        case .refused(let error): work.fail(error)
        case .waiting: break
        case .drain:
            let writer = writer
            writer.executor.queue.async { writer.assumeIsolated { $0.drain() } }
        }
    }

    /// Damaged rows are a loss, and are said to be one.
    private func report(_ damage: HubLogTail.Damage) {
        logger.error(
            "hub log: rows cannot be read",
            metadata: [
                "position": "\(damage.position)", "rows": "\(damage.rows)", "reason": "\(damage.reason)",
                "path": "\(files.database)",
            ]
        )
        enqueue(.unreadable(lane: damage.laneID, damage.range))
    }

    func invalid(_ reason: String) -> StoreError {
        .failed(path: files.database, reason: reason)
    }

    /// SQLite reads text up to the first NUL.
    static func isNodeName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 255 && !name.utf8.contains(0)
    }
}
