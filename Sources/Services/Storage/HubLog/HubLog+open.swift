// SPDX-License-Identifier: Apache-2.0

package import Logging

extension HubLog {
    /// Batches that wait for the disk hold at most this.
    private static let queueBytes = 32 << 20
    /// One transaction takes at most this.
    private static let groupBytes = 4 << 20
    /// Decoded events that stay in memory for readers that follow closely.
    private static let recentBytes = 4 << 20

    /// Opens the log, or begins one; a file that is no log any more is moved aside.
    ///
    /// - Parameters:
    ///   - randomID: source of hub and opening ids; never called after opening.
    ///   - opening: how stored batches are decoded.
    package static func open(
        _ configuration: HubLogConfiguration,
        randomID: () -> UInt64,
        logger: Logger,
        opening: BatchOpening = .standard
    ) throws(StoreError) -> HubLog {
        let files = HubLogFiles(directory: configuration.directory, calls: configuration.calls)
        let lock = try StoreLock(directory: configuration.directory, name: "hub.lock")
        try HubLogDatabase.refuseNewer(path: files.database, vfs: configuration.vfs)
        let id = files.readIdentity() ?? randomID()
        let database = try openDatabase(files, vfs: configuration.vfs, id: id, logger: logger)
        let hubID: UInt64
        let contents: HubLogState.Contents
        do throws(SQLiteError) {
            let found = try database.integer("SELECT value FROM meta WHERE key = 'hub_id'")
            hubID = found.map { UInt64(bitPattern: $0) } ?? id
            contents = try Self.contents(of: database)
        } catch {
            throw HubLogDatabase.fault(error, path: files.database)
        }
        if files.readIdentity() != hubID { try files.writeIdentity(hubID) }
        let state = HubLogState(contents)
        let writer: HubLogWriter
        do throws(SQLiteError) {
            writer = try HubLogWriter(
                database: database,
                configuration: configuration,
                state: state,
                head: contents.recent.head,
                path: files.database,
                logger: logger
            )
        } catch {
            throw HubLogDatabase.fault(error, path: files.database)
        }
        let tail = try HubLogTail(path: files.database, vfs: configuration.vfs, opening: opening)
        writer.beginUpkeep()
        return HubLog(
            hubID: hubID,
            hubEpoch: randomID(),
            files: files,
            state: state,
            writer: writer,
            tail: tail,
            lock: lock,
            logger: logger
        )
    }

    private static func openDatabase(
        _ files: HubLogFiles,
        vfs: String?,
        id: UInt64,
        logger: Logger
    ) throws(StoreError) -> SQLiteConnection {
        if files.isEmptyFile { try setAside(files, reason: "is empty", logger: logger) }
        switch try HubLogDatabase.openForWriting(path: files.database, vfs: vfs, id: id) {
        case .success(let database): return database
        case .failure(let fault): try setAside(files, reason: fault.reason, logger: logger)
        }
        switch try HubLogDatabase.openForWriting(path: files.database, vfs: vfs, id: id) {
        case .success(let database): return database
        case .failure(let fault): throw .failed(path: files.database, reason: fault.reason)
        }
    }

    private static func setAside(_ files: HubLogFiles, reason: String, logger: Logger) throws(StoreError) {
        let name = try files.quarantine()
        logger.error(
            "hub log: damaged, a new one is begun",
            metadata: ["reason": "\(reason)", "path": "\(files.database)", "kept_as": "\(name)"]
        )
    }

    private static func contents(of database: SQLiteConnection) throws(SQLiteError) -> HubLogState.Contents {
        var cursors: [String: Int64] = [:]
        let select = try database.prepare("SELECT name, position FROM cursors")
        while try select.step() { cursors[select.text(0)] = select.integer(1) }
        var statistics = HubLogStatistics()
        statistics.nodes = Int(try database.integer("SELECT count(*) FROM nodes") ?? 0)
        statistics.primers = Int(try database.integer("SELECT count(*) FROM primers") ?? 0)
        let facts = try HubLogFacts(database)
        statistics.total = UInt64(bitPattern: try database.integer("SELECT sum(events) FROM lanes") ?? 0)
        statistics.dropped = facts.dropped
        let gapEvents = try database.integer("SELECT sum(last - first + 1) FROM gaps WHERE end_known = 1") ?? 0
        statistics.gapEvents = UInt64(bitPattern: gapEvents)
        statistics.openGaps = Int(try database.integer("SELECT count(*) FROM gaps WHERE end_known = 0") ?? 0)
        let head = try HubLogRows(HubLogStatements(database)).head()
        return HubLogState.Contents(
            queue: HubLogQueue(maximumBytes: queueBytes, groupBytes: groupBytes, cursors: cursors),
            recent: HubLogRecent(maximumBytes: recentBytes, head: head),
            statistics: statistics
        )
    }
}
