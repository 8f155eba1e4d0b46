// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Logging

/// Opens a store: takes what is there, or puts it aside when it is damaged, and begins a new epoch.
///
/// Reads the tables beside the segments and at most one segment per lane, so the time does not grow with the backlog.
struct StoreOpening {
    let configuration: StoreConfiguration
    let limits: StoreLimits
    let logger: Logger
    /// What the ceiling file says, if it can be read.
    let remembered: CeilingContents?
    let boot: [UInt8]
    let clock: ClockReading
    var files: SalvageFiles { SalvageFiles(configuration) }

    /// What comes of it.
    struct Opened {
        var connection: SQLiteConnection
        var ceiling: CeilingFile
        var loaded: StoreDatabase.Loaded
        var node: String
        /// What the epoch's first clock record says.
        var clock: ClockReading
    }

    /// Random: for the store if it is new, and for the epoch.
    let ids: (store: UInt64, epoch: UInt64)

    init(_ configuration: StoreConfiguration, ids: (store: UInt64, epoch: UInt64), logger: Logger) {
        self.configuration = configuration
        self.ids = ids
        self.logger = logger
        clock = configuration.clock()
        limits = StoreLimits(maximumBytes: configuration.maximumBytes)
        remembered = CeilingFile.read(configuration.ceilingPath)
        boot = configuration.calls.bootID()
    }

    func run() throws(StoreError) -> Opened {
        let damage = try evidence()
        do {
            let (connection, loaded) = try openOrReplace(damage)
            let node = configuration.node ?? loaded.node
            let ceiling = try CeilingFile(
                replacing: configuration.ceilingPath,
                with: ceiling(for: loaded, node: node),
                configuration.calls
            )
            return Opened(connection: connection, ceiling: ceiling, loaded: loaded, node: node, clock: clock)
        } catch let error as StoreError {
            throw error
        } catch let error as SQLiteError {
            throw StoreError(error, path: configuration.databasePath)
        } catch {
            throw .failed(path: configuration.databasePath, reason: "\(error)")
        }
    }

    // MARK: The file

    /// Opens what is there and begins an epoch in it, or else in a new file.
    ///
    /// - Parameter damage: what speaks against opening it.
    private func openOrReplace(_ damage: String?) throws -> (SQLiteConnection, StoreDatabase.Loaded) {
        if SalvageFiles.exists(files.damaged), SalvageFiles.exists(files.database) {
            // An earlier opening was stopped between the last two steps; whether all was found nobody knows any more.
            try putAway(SalvageResult(missing: 1))
        }
        if let damage {
            logger.error("the store is damaged", metadata: ["reason": "\(damage)"])
            try files.setAside()
        }
        if files.isPending { try salvage() }
        do {
            return try openOnce()
        } catch let error as SQLiteError where error.isDamage {
            logger.error("the store is damaged", metadata: ["reason": "\(error)"])
            try files.setAside()
            try salvage()
            return try openOnce()
        }
    }

    private func openOnce() throws -> (SQLiteConnection, StoreDatabase.Loaded) {
        let (connection, found) = try connect()
        var loaded = found
        try begin(node: configuration.node ?? loaded.node, in: &loaded, StoreDatabase(connection))
        return (connection, loaded)
    }

    private func connect() throws -> (SQLiteConnection, StoreDatabase.Loaded) {
        let connection = try SQLiteConnection(path: configuration.databasePath, vfs: configuration.vfs)
        try configure(connection)
        let database = StoreDatabase(connection)
        try database.migrate()
        if let loaded = try database.load() { return (connection, loaded) }
        let storeID = max(1, ids.store)
        let node = remembered.flatMap { $0.node.isEmpty ? nil : $0.node } ?? Self.nodeName(storeID)
        try connection.transaction { () throws(SQLiteError) in try database.create(storeID: storeID, node: node) }
        return (connection, StoreDatabase.Loaded(storeID: storeID, node: node))
    }

    func configure(_ connection: SQLiteConnection) throws(SQLiteError) {
        connection.setBusyTimeout(milliseconds: 5000)
        connection.setCheckpointOnClose(false)
        // Page size and auto_vacuum can be set only before the first page is written, and not in WAL mode any more.
        try connection.execute(
            """
            PRAGMA page_size = \(StoreLimits.pageSize); PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF; PRAGMA cache_size = -1024;
            PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF;
            PRAGMA journal_size_limit = \(Int64(limits.walFrames) * (StoreLimits.pageSize + 24))
            """
        )
        guard try connection.text("PRAGMA journal_mode") == "wal" else {
            throw SQLiteError(damage: "the file system does not support SQLite's WAL")
        }
    }

    // MARK: The new epoch

    private func begin(
        node: String,
        in loaded: inout StoreDatabase.Loaded,
        _ database: StoreDatabase
    ) throws {
        var changed = loaded
        let fingerprint = configuration.routingFingerprint
        try database.connection.execute("BEGIN IMMEDIATE")
        do {
            try recover(&changed, database)
            try sealAll(&changed.index, database)
            try dropCovered(&changed, database)
            changed.index.clocks.begin(changed.clocks, beside: changed.heartbeat, at: clock)
            try prune(&changed, database)
            let ordinals = [changed.index.epochs.last?.epoch.ordinal ?? 0, remembered?.epoch.ordinal ?? 0]
            let epoch = Epoch(id: freshID(in: changed.index), ordinal: (ordinals.max() ?? 0) + 1)
            let record = EpochRecord(epoch: epoch, node: node, fingerprint: fingerprint)
            try database.insert(record)
            changed.index.begin(record)
            try database.record(clock, in: &changed.index)
            try database.connection.execute("COMMIT")
        } catch {
            try? database.connection.execute("ROLLBACK")
            throw error
        }
        loaded = changed
    }

    /// Enters what the ceiling file knows and the database does not.
    ///
    /// - Parameter isSalvaged: the database holds what was found in a damaged one.
    /// - Returns: events that are missing.
    @discardableResult
    func recover(
        _ loaded: inout StoreDatabase.Loaded,
        _ database: StoreDatabase,
        isSalvaged: Bool = false
    ) throws -> UInt64 {
        var missing: UInt64 = 0
        for finding in StoreRecovery.findings(
            remembered: remembered,
            index: loaded.index,
            boot: boot,
            isSalvaged: isSalvaged
        ) {
            let position = try position(of: finding, in: &loaded.index, database)
            if let landed = loaded.enter(finding, at: position) {
                try database.save(landed, lane: loaded.index[position].row, hub: StoreRecovery.anyHub)
            }
            if let gap = finding.gap {
                missing += gap.count
                try database.replaceGaps(of: loaded.index[position])
                try database.saveTotal(loaded.index.gapTotals, of: gap)
                logger.error(
                    "events were lost with the store",
                    metadata: ["first": "\(gap.first)", "last": "\(gap.last)", "end_known": "\(gap.endKnown)"]
                )
            }
            try database.update(loaded.index[position])
        }
        return missing
    }

    /// The position of a lane that the ceiling file names; lane and epoch are made where the database has lost them.
    private func position(
        of finding: StoreRecovery.Finding,
        in index: inout StoreIndex,
        _ database: StoreDatabase
    ) throws -> Int {
        if let known = index.positions[finding.lane] { return known }
        var ordinal = finding.ordinal
        if let epoch = index.epochs.first(where: { $0.epoch.id == finding.lane.epoch }) {
            ordinal = epoch.epoch.ordinal
        } else {
            if index.epochs.contains(where: { $0.epoch.ordinal == ordinal }) {
                ordinal = (index.epochs.last?.epoch.ordinal ?? 0) + 1
            }
            let epoch = EpochRecord(
                epoch: Epoch(id: finding.lane.epoch, ordinal: ordinal),
                node: remembered?.node ?? "",
                fingerprint: ""
            )
            try database.insert(epoch)
            index.epochs.append(epoch)
            index.epochs.sort { $0.epoch.ordinal < $1.epoch.ordinal }
        }
        let record = LaneRecord(row: index.nextLane, lane: finding.lane, ordinal: ordinal)
        try database.insert(record)
        return index.add(record)
    }

    private func sealAll(_ index: inout StoreIndex, _ database: StoreDatabase) throws {
        for position in index.lanes.indices {
            guard let open = index[position].open else { continue }
            try database.seal(open)
            index[position].seal()
        }
    }

    /// Drops some of what is acknowledged; the writer goes on, a little at a time.
    private func dropCovered(_ loaded: inout StoreDatabase.Loaded, _ database: StoreDatabase) throws {
        for (position, segment) in loaded.index.coveredSegments(acks: loaded.acks).prefix(16) {
            try database.drop(segment)
            loaded.index[position].remove(segment: segment.id)
            try database.update(loaded.index[position])
        }
    }

    /// Forgets epochs that are drained, but for the last few.
    private func prune(_ loaded: inout StoreDatabase.Loaded, _ database: StoreDatabase) throws {
        let old = loaded.index.epochs.dropLast(StoreLimits.rememberedEpochs - 1).map(\.epoch.ordinal)
        let waiting = loaded.index.lanes.filter { !$0.isDrained(loaded.acks[$0.lane]?.all ?? SequenceSet()) }
        let drained = Set(old).subtracting(waiting.map(\.ordinal))
        guard !drained.isEmpty else { return }
        try database.forget(epochs: drained)
        for lane in loaded.index.lanes where drained.contains(lane.ordinal) { loaded.acks[lane.lane] = nil }
        loaded.index.forget(epochs: drained)
    }

    private func freshID(in index: StoreIndex) -> UInt64 {
        var id = max(1, ids.epoch)
        // A source that repeats itself must not stop the start.
        while index.epochs.contains(where: { $0.epoch.id == id }) { id = max(1, id &+ 1) }
        return id
    }

    // MARK: The ceiling file

    private func ceiling(for loaded: StoreDatabase.Loaded, node: String) -> CeilingContents {
        let epoch = loaded.index.epochs.last?.epoch ?? Epoch(id: 0, ordinal: 0)
        var contents = CeilingContents(storeID: loaded.storeID, epoch: epoch, boot: boot, node: node)
        for lane in loaded.index.lanes {
            let acknowledged = loaded.acks[lane.lane]?.all ?? SequenceSet()
            guard !lane.isDrained(acknowledged) else { continue }
            contents.entries.append(
                .init(
                    lane: lane.lane,
                    ordinal: lane.ordinal,
                    ceiling: lane.last,
                    last: lane.last,
                    acknowledged: acknowledged.cumulative
                )
            )
        }
        return contents
    }

    /// The host's name and the store's short id.
    static func nodeName(_ storeID: UInt64) -> String {
        var bytes = [CChar](repeating: 0, count: 256)
        let host =
            gethostname(&bytes, 255) == 0
            ? String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self) : ""
        let label = host.split(separator: ".").first.map(String.init) ?? "node"
        return "\(label)-\(Epoch.name(of: storeID).prefix(8))"
    }
}
