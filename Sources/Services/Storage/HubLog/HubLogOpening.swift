// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging

/// Gets the log open whatever is in its file: a damaged one is put aside, and what is intact in it becomes the log.
struct HubLogOpening {
    typealias Opened = (database: SQLiteConnection, hubID: UInt64)

    private let files: HubLogFiles
    private let configuration: HubLogConfiguration
    private var vfs: String? { configuration.vfs }
    /// The hub's id for a log that has none.
    private let id: UInt64
    private let logger: Logger

    init(_ files: HubLogFiles, _ configuration: HubLogConfiguration, id: UInt64, _ logger: Logger) {
        self.files = files
        self.configuration = configuration
        self.id = id
        self.logger = logger
    }

    func open() throws(StoreError) -> Opened {
        if let name = unfinished() {
            try files.complete(name)
            salvage("was put aside, and the salvage did not come to its end", name)
        } else if let reason = visibleDamage() {
            try salvage(reason)
        }
        let hidden = HubLogHidden(database: files.database, dropped: files.readDropped())
        if hidden != nil, hasNoVersion { try salvage("has nothing but its WAL, which is damaged") }
        switch try attempt() {
        case .success(let opened):
            if let hidden { land(hidden, opened.database) }
            return opened
        case .failure(let fault): try salvage(fault.reason)
        }
        switch try attempt() {
        case .success(let opened): return opened
        case .failure(let fault): try setAside(fault.reason)
        }
        switch try attempt() {
        case .success(let opened): return opened
        case .failure(let fault): throw .failed(path: files.database, reason: fault.reason)
        }
    }

    /// What a hub that was killed had put aside before it had made a new log of it.
    private func unfinished() -> String? {
        files.isGone && files.isMarkedDamaged ? files.quarantined : nil
    }

    /// What can be seen without SQLite, which would take an empty file as new, and one that it does not know how to write
    /// as read-only (https://sqlite.org/fileformat2.html section 1.3).
    private func visibleDamage() -> String? {
        if files.isMarkedDamaged { return "was found damaged while it was in use" }
        let isLost = access(files.database, F_OK) != 0 && access(files.database + "-wal", F_OK) == 0
        if isLost { return "is gone, and its WAL is there" }
        if files.isEmptyFile { return "is empty" }
        guard let file = RawFile(path: files.database) else { return nil }
        let header = file.bytes(at: 0, count: 100)
        guard header.count == 100, header.starts(with: Array("SQLite format 3\0".utf8)) else { return "has no header" }
        let isKnown =
            (1...2).contains(header[18]) && (1...2).contains(header[19]) && header[20...23] == [0, 64, 32, 32]
        return isKnown ? nil : "has a damaged header"
    }

    /// Opens the file and reads all that opening needs.
    private func attempt() throws(StoreError) -> Result<Opened, HubLogDatabase.Unusable> {
        let database: SQLiteConnection
        switch try HubLogDatabase.openForWriting(path: files.database, vfs: vfs, id: id) {
        case .success(let opened): database = opened
        case .failure(let fault): return .failure(fault)
        }
        do throws(SQLiteError) {
            let found = try database.integer("SELECT value FROM meta WHERE key = 'hub_id'")
            _ = try HubLog.contents(of: database)
            guard try database.integer("SELECT count(*) FROM segments WHERE last IS NULL") == 1 else {
                return .failure(.init(reason: "has no segment to write to"))
            }
            return .success((database, found.map { UInt64(bitPattern: $0) } ?? id))
        } catch {
            if HubLogDatabase.isDamage(error) { return .failure(.init(reason: error.message)) }
            throw HubLogDatabase.fault(error, path: files.database)
        }
    }

    /// Whether the file itself has no tables yet: all of the log is in its WAL.
    private var hasNoVersion: Bool {
        RawFile(path: files.database).map { $0.bytes(at: 60, count: 4) == [0, 0, 0, 0] } ?? true
    }

    /// Takes over what SQLite did not see in the WAL.
    private func land(_ hidden: HubLogHidden, _ database: SQLiteConnection) {
        do throws(SQLiteError) {
            let statements = HubLogStatements(database)
            let head = try HubLogRows(statements).head()
            let segments = try HubLogSegments(
                statements,
                configuration,
                head: head,
                path: files.database,
                logger: logger
            )
            let transaction = HubLogTransaction(
                segments: segments,
                cache: HubLogLaneCache(capacity: 4),
                headers: BatchHeaders(),
                head: head,
                path: files.database,
                now: segments.now
            )
            var events: UInt64 = 0
            try database.transaction { () throws(SQLiteError) in events = try hidden.land(transaction) }
            guard events > 0 else { return }
            logger.error(
                "hub log: the WAL is damaged, what is intact behind that was taken over",
                metadata: ["path": "\(files.database)-wal", "events": "\(events)"]
            )
        } catch {
            // They have not landed, so agents that still have them send them again.
            logger.error(
                "hub log: the WAL is damaged, and what is behind that could not be taken over",
                metadata: ["path": "\(files.database)-wal", "reason": "\(error)"]
            )
        }
    }

    // MARK: Salvage

    /// Puts the file aside and makes a new one of what is intact in it.
    private func salvage(_ reason: String) throws(StoreError) {
        files.markDamaged()
        salvage(reason, try files.quarantine())
    }

    /// Makes a new log of what is intact in one that was put aside.
    private func salvage(_ reason: String, _ name: String) {
        let (cursors, names) = (readCursors(name), readIdentities(name))
        let salvage = HubLogSalvage(database: name, wal: name + "-wal", dropped: files.readDropped(), names: names)
        let fresh = files.database + ".salvage"
        files.clear(fresh)
        do throws(StoreError) {
            let report = try fill(fresh, salvage, cursors: cursors)
            try files.sync(fresh)
            _ = try files.replace(by: fresh)
            logger.error(
                "hub log: damaged, what is intact was taken over",
                metadata: [
                    "reason": "\(reason)", "path": "\(files.database)", "kept_as": "\(name)", "rows": "\(report.rows)",
                    "events": "\(report.events)", "lost_events": "\(report.lost)",
                ]
            )
        } catch {
            files.clear(fresh)
            logger.error(
                "hub log: damaged, and nothing of it could be taken over: a new one is begun",
                metadata: ["reason": "\(reason)", "why_nothing": "\(error)", "kept_as": "\(name)"]
            )
        }
        files.unmarkDamaged()
    }

    private func fill(
        _ path: String,
        _ salvage: HubLogSalvage,
        cursors: [String: Int64]
    ) throws(StoreError) -> HubLogSalvage.Report {
        switch try HubLogDatabase.openForWriting(path: path, vfs: vfs, id: id) {
        case .success(let database):
            do throws(SQLiteError) {
                // Nobody has acknowledged what is in the new file: it is synced once, when it is complete.
                try database.execute("PRAGMA journal_mode = DELETE")
                try database.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
                return try salvage.fill(database, cursors: cursors)
            } catch {
                throw HubLogDatabase.fault(error, path: path)
            }
        case .failure(let fault): throw .failed(path: path, reason: fault.reason)
        }
    }

    /// Readers' positions, where SQLite can still read them; without them readers begin again, and repeat.
    private func readCursors(_ path: String) -> [String: Int64] {
        var cursors: [String: Int64] = [:]
        guard let database = try? SQLiteConnection(observing: path),
            let select = try? database.prepare("SELECT name, position FROM cursors")
        else { return cursors }
        while let more = try? select.step(), more { cursors[select.text(0)] = select.integer(1) }
        return cursors
    }

    /// Whose lanes there are, where SQLite can still read it: without checksums, so only where those that have one are gone.
    private func readIdentities(_ path: String) -> [Int64: HubLogLane.Key] {
        var names: [Int64: HubLogLane.Key] = [:]
        guard let database = try? SQLiteConnection(observing: path),
            let select = try? database.prepare(HubLogIdentity.query)
        else { return names }
        while let more = try? select.step(), more {
            let identity = HubLogIdentity(select)
            if HubLog.isNodeName(identity.key.node) { names[identity.laneID] = identity.key }
        }
        return names
    }

    private func setAside(_ reason: String) throws(StoreError) {
        let name = try files.quarantine()
        logger.error(
            "hub log: damaged, a new one is begun",
            metadata: ["reason": "\(reason)", "path": "\(files.database)", "kept_as": "\(name)"]
        )
    }
}
