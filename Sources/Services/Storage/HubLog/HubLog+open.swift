// SPDX-License-Identifier: Apache-2.0

package import Logging

extension HubLog {
    /// Batches that wait for the disk hold at most this.
    private static let queueBytes = 32 << 20
    /// One transaction takes at most this.
    private static let groupBytes = 4 << 20
    /// Decoded events that stay in memory for readers that follow closely.
    private static let recentBytes = 4 << 20

    /// Opens the log, or begins one; a damaged file is moved aside, and what is intact in it is taken over.
    ///
    /// - Parameters:
    ///   - randomID: source of hub and opening ids; never called after opening.
    ///   - batches: how stored batches are decoded.
    package static func open(
        _ configuration: HubLogConfiguration,
        randomID: () -> UInt64,
        logger: Logger,
        opening batches: BatchOpening = .standard
    ) throws(StoreError) -> HubLog {
        let files = HubLogFiles(directory: configuration.directory, calls: configuration.calls)
        let lock = try StoreLock(directory: configuration.directory, name: "hub.lock")
        try HubLogDatabase.refuseNewer(path: files.database)
        let opening = HubLogOpening(files, configuration, id: files.readIdentity() ?? randomID(), logger)
        let (database, hubID) = try opening.open()
        let contents: HubLogState.Contents
        do throws(SQLiteError) {
            contents = try Self.contents(of: database)
        } catch {
            throw HubLogDatabase.fault(error, path: files.database)
        }
        let dropped = contents.statistics.dropped.position
        if files.readIdentity() != hubID || files.readDropped() != dropped {
            try files.writeIdentity(hubID, dropped: dropped)
        }
        let state = HubLogState(contents)
        let writer: HubLogWriter
        do throws(SQLiteError) {
            writer = try HubLogWriter(
                database: database,
                configuration: configuration,
                state: state,
                head: contents.recent.head,
                files: files,
                hubID: hubID,
                logger: logger
            )
        } catch {
            throw HubLogDatabase.fault(error, path: files.database)
        }
        let tail = try HubLogTail(path: files.database, vfs: configuration.vfs, opening: batches)
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

    static func contents(of database: SQLiteConnection) throws(SQLiteError) -> HubLogState.Contents {
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
