// SPDX-License-Identifier: Apache-2.0

package import Batching
package import Events
import Glibc
package import Logging
import Synchronization

/// The agent's durable queue: every lane in one SQLite file, one writer with group commit, one reader.
///
/// Safe to call from any thread. `append` and `acknowledge` only enqueue; the writer commits all that waits in one
/// transaction (WAL, synchronous=FULL) and then calls the completions, in order, on its own thread.
package final class AgentStore: Sendable {
    /// The node's name for this opening.
    package let node: String
    /// The epoch of this opening.
    package let epoch: Epoch
    /// Random, made once with the store; a copy of the store has the same.
    package let storeID: UInt64
    /// Primers that were kept when the store was opened, the newest last.
    package let primers: [Primer]
    /// What services keep beside the events, as it was when the store was opened.
    package let records: [StateRecord]

    private let configuration: StoreConfiguration
    private let shared: StoreShared
    private let writer: StoreWriter
    private let reader: StoreReader
    /// Nil once the store is closed.
    private let lock: Mutex<StoreLock?>

    /// Opens or creates the store, starts a new epoch and locks the directory.
    ///
    /// - Parameters:
    ///   - randomID: source of epoch and store ids; never called after opening.
    ///   - reading: where the store is read; has to live until the store is closed.
    package static func open(
        _ configuration: StoreConfiguration,
        randomID: () -> UInt64,
        reading: any SerialExecutor = StoreExecutor(label: "sluice.store.reader"),
        logger: Logger
    ) throws(StoreError) -> AgentStore {
        guard configuration.maximumBytes >= StoreLimits.minimumBytes else {
            throw .failed(
                path: configuration.databasePath,
                reason: "a buffer of \(configuration.maximumBytes) bytes holds nothing: give it at least 4MiB"
            )
        }
        let lock = try StoreLock(directory: configuration.directory)
        let ids = (store: randomID(), epoch: randomID())
        let opened = try StoreOpening(configuration, ids: ids, logger: logger).run()
        do throws(SQLiteError) {
            return try AgentStore(configuration, lock: lock, opened, reading: reading, logger)
        } catch {
            throw StoreError(error, path: configuration.databasePath)
        }
    }

    private init(
        _ configuration: StoreConfiguration,
        lock: consuming StoreLock,
        _ opened: sending StoreOpening.Opened,
        reading executor: any SerialExecutor,
        _ logger: Logger
    ) throws(SQLiteError) {
        self.configuration = configuration
        node = opened.node
        storeID = opened.loaded.storeID
        primers = opened.loaded.primers
        records = opened.loaded.records
        if opened.loaded.damagedRecords > 0 {
            logger.error(
                "sessions or retained messages are damaged and left out: their clients begin anew",
                metadata: ["path": "\(configuration.databasePath)", "damaged": "\(opened.loaded.damagedRecords)"]
            )
        }
        epoch = opened.loaded.index.epochs.last?.epoch ?? Epoch(id: 1, ordinal: 1)
        let shared = StoreShared(opened.loaded, clock: opened.clock, commitInterval: configuration.commitInterval)
        let copying = try SQLiteConnection(path: configuration.databasePath, vfs: configuration.vfs)
        copying.setCheckpointOnClose(false)
        // What it copies from is synced first; reading something makes it look for a WAL at all.
        try copying.execute("PRAGMA synchronous = NORMAL; PRAGMA user_version")
        let committer = try StoreCommitter(
            connection: opened.connection,
            ceiling: opened.ceiling,
            checkpointer: StoreCheckpointer(copying),
            shared: shared,
            configuration: configuration,
            logger: logger
        )
        let writer = StoreWriter(committer, shared: shared, pauseFactor: configuration.pauseFactor)
        let reading = try SQLiteConnection(path: configuration.databasePath, readOnly: true, vfs: configuration.vfs)
        reading.setBusyTimeout(milliseconds: 1000)
        try reading.execute("PRAGMA cache_size = -256")
        reader = StoreReader(
            reading,
            executor: executor,
            shared: shared,
            files: SalvageFiles(configuration),
            logger: logger
        ) { gap in
            if shared.giveUp(gap) { writer.wakeToTidy(after: 0) }
        }
        self.shared = shared
        self.writer = writer
        self.lock = Mutex(lock)
        if shared.beginTidying() { writer.wakeToTidy(after: 0) }
        writer.repeatedly(every: Self.clockInterval(configuration)) { [weak self] in self?.lookAtClock() ?? false }
    }

    /// How often the clock is looked at while nobody publishes, and whether events are too old.
    private static func clockInterval(_ configuration: StoreConfiguration) -> Int {
        let age = configuration.maximumAge.map { Int(clamping: $0.milliseconds) } ?? .max
        return min(10_000, max(100, age / 16))
    }

    /// Records a step of the clock and gives up what is too old, as is done now and then; false once the store is closed.
    @discardableResult
    package func lookAtClock() -> Bool {
        guard !shared.state.withLock({ $0.isClosed }) else { return false }
        switch shared.enqueueRecord(of: configuration.clock()) {
        case .wake: writer.wake()
        case .wakeLater: writer.wakeLater()
        case .waiting, .refused, nil: break
        }
        if configuration.maximumAge != nil, shared.beginTidying() { writer.wakeToTidy(after: 0) }
        return true
    }

    /// Makes events durable.
    ///
    /// Sequences are given in the order of calls; the records' `eventClass` decides the lane.
    ///
    /// - Parameters:
    ///   - changes: of ``records``, made in the same commit.
    ///   - completion: called once, on the writer's thread, after the commit was synced or has failed.
    package func append(
        _ block: EventBlock,
        changes: [StateChange] = [],
        completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
    ) {
        let write = StoreShared.Write(block: block, changes: changes, completion: completion)
        switch shared.enqueue(write, at: configuration.clock()) {
        case .waiting: break
        case .wake: writer.wake()
        case .wakeLater: writer.wakeLater()
        case .refused(let error): writer.perform { completion(.failure(error)) }
        }
    }

    /// Changes records; written down with the next events, or within a tenth of a second, and lost in a crash before.
    package func note(_ changes: [StateChange]) {
        if shared.note(changes) { writer.wakeToTidy(after: 100) }
    }

    /// Called on the writer's thread after a commit that added events or gaps: tells the uplink to look.
    package func onCommit(_ body: @escaping @Sendable () -> Void) {
        shared.state.withLock { $0.observers.append(body) }
    }

    /// Called once, on any thread, when damage is met that the store cannot go on with: close it and open it again,
    /// which saves all that can still be read.
    package func onDamage(_ body: @escaping @Sendable (StoreError) -> Void) {
        let damage = shared.state.withLock { state in
            if state.damage == nil { state.damageObservers.append(body) }
            return state.damage
        }
        if let damage { body(damage) }
    }

    /// What the hub has: landed or recorded as a gap.
    ///
    /// Deletes segments that are wholly acknowledged. Counts at once; written down within a tenth of a second; losing
    /// it in a crash only means that events are offered again.
    package func acknowledge(_ lane: Lane, _ landed: SequenceSet, hub: UInt64) {
        if shared.acknowledge(lane, landed, hub: hub) { writer.wakeToTidy(after: 100) }
    }

    /// Gives events up: they become a gap that travels upstream in their place, and their rows go.
    package func giveUp(_ gap: Gap) {
        if shared.giveUp(gap) { writer.wakeToTidy(after: 0) }
    }

    /// Clock records that a hub has not acknowledged, oldest first.
    package func clocks(unknownTo hub: UInt64) -> [ClockAnnouncement] {
        let index = shared.index
        return index.clocks.records.compactMap { clock in
            guard clock.hub != hub, let epoch = index.epochs.first(where: { $0.epoch == clock.epoch }) else {
                return nil
            }
            return ClockAnnouncement(node: epoch.node, epoch: clock.epoch, record: clock.record)
        }
    }

    /// A hub has a clock record; written down within a tenth of a second, and offered again where that is lost.
    package func acknowledge(clock name: ClockAnnouncement.Name, hub: UInt64) {
        if shared.acknowledge(name, hub: hub) { writer.wakeToTidy(after: 100) }
    }

    /// Keeps primers in place of those that were kept; written down within a tenth of a second.
    ///
    /// Losing them in a crash only means that another is made: what is sent after a restart is encoded anew.
    package func keep(_ primers: [Primer]) {
        if shared.keep(primers) { writer.wakeToTidy(after: 100) }
    }

    /// All lanes with something unacknowledged, and those of recent epochs: in the order in which they are to be
    /// drained (ordinal, then partition).
    package func lanes() -> [LaneState] {
        lanes(of: nil)
    }

    /// As ``lanes()``, with what one hub has acknowledged rather than what any of them has.
    package func lanes(hub: UInt64) -> [LaneState] {
        lanes(of: hub)
    }

    private func lanes(of hub: UInt64?) -> [LaneState] {
        let (index, acks) = shared.snapshot()
        return index.states(acks: acks, hub: hub)
    }

    /// The events of a lane from `sequence` on, as far as they are consecutive, or the gap that lies there.
    ///
    /// Runs on the reader's thread.
    nonisolated(nonsending) package func read(
        _ lane: Lane,
        from sequence: UInt64,
        maximumBytes: Int
    ) async -> LaneSlice {
        await reader.read(lane, from: sequence, maximumBytes: maximumBytes)
    }

    /// Batches of packed events, the first beginning at `sequence`, that may be sent as they are; nil where there are
    /// none: the events are to be read.
    ///
    /// Where a batch cannot be sent whole, because of what a hub has of it or because of ``through``: the events of it
    /// that are missing. Runs on the reader's thread.
    nonisolated(nonsending) package func packs(
        _ lane: Lane,
        from sequence: UInt64,
        through last: UInt64 = .max,
        _ terms: PackTerms
    ) async -> PackSlice? {
        // Most of what is read is not packed, and need not go to another thread twice.
        guard case .rows(let segment, _) = shared.state.withLock({ $0.index.place(of: sequence, in: lane) }),
            segment.isPacked
        else { return nil }
        return await reader.ready(lane, from: sequence, through: last, terms)
    }

    /// What packs cold events; it does so whenever it is asked to.
    ///
    /// - Parameters:
    ///   - limit: bytes of a batch.
    ///   - executor: the thread to run on.
    package func makePacker(limit: Int, executor: any SerialExecutor) throws(StoreError) -> StorePacker {
        do throws(SQLiteError) {
            let connection = try SQLiteConnection(
                path: configuration.databasePath,
                readOnly: true,
                vfs: configuration.vfs
            )
            connection.setBusyTimeout(milliseconds: 1000)
            try connection.execute("PRAGMA cache_size = -256")
            return StorePacker(
                connection,
                shared: shared,
                limits: StoreLimits(maximumBytes: configuration.maximumBytes),
                limit: limit,
                executor: executor,
                install: { [writer] in await writer.install($0) }
            )
        } catch {
            throw StoreError(error, path: configuration.databasePath)
        }
    }

    /// Figures for status; cheap, never waits for the disk.
    package func statistics() -> StoreStatistics {
        var figures = shared.statistics(at: configuration.clock())
        figures.maximumBytes = configuration.maximumBytes
        figures.writtenBytes = DeviceWrites.ofThisProcess()
        figures.freeBytes = shared.freeBytes(of: StoreLimits(maximumBytes: configuration.maximumBytes))
        figures.diskBytes = ["store.db", "store.db-wal", "store.db-shm", "ceiling", "lock"].reduce(0) { sum, name in
            var status = stat()
            return stat(configuration.directory + "/" + name, &status) == 0 ? sum + Int64(status.st_size) : sum
        }
        figures.damagedBytes = SalvageFiles.bytes(beside: configuration.databasePath)
        return figures
    }

    /// Comes back once the writer has done what it was doing: it does not hang.
    package func answer() async {
        await writer.answer()
    }

    /// Commits what waits, marks a clean close and closes; later appends complete with `unavailable`.
    package func close() async {
        shared.state.withLock { $0.isClosed = true }
        await reader.close()
        await writer.close()
        lock.withLock { $0 = nil }
    }
}
