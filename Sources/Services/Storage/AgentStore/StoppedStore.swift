// SPDX-License-Identifier: Apache-2.0

package import Events
import Glibc

/// What the store of an agent that does not run holds.
///
/// Read without a lock and without making, changing or deleting any file, so that an agent may start meanwhile.
package struct StoppedStore: Sendable {
    /// The node's name and the epoch of the last opening; nil in a store that was never opened to its end.
    package private(set) var node: String?
    package private(set) var epoch: Epoch?
    /// With what the next opening will find lost; what counts from an opening on is zero.
    package private(set) var statistics = StoreStatistics()

    /// Reads the tables beside the segments and at most one segment per lane.
    ///
    /// - Returns: nil when a file was changed meanwhile: an agent starts, or is just ending.
    package static func read(directory: String) throws(StoreError) -> StoppedStore? {
        let configuration = StoreConfiguration(directory: directory)
        let path = configuration.databasePath
        let files = [path, path + "-wal", configuration.ceilingPath]
        let before = FileMarks(files)
        let result = load(configuration)
        return before == FileMarks(files) ? try result.get() : nil
    }

    private static func load(_ configuration: StoreConfiguration) -> Result<StoppedStore, StoreError> {
        let path = configuration.databasePath
        guard access(path, F_OK) == 0 else {
            let reason = "there is no store: no agent has run with this SLUICE_STATE_DIR, or this user may not look"
            return .failure(.failed(path: path, reason: reason))
        }
        guard access(path, R_OK) == 0 else {
            return .failure(.failed(path: path, reason: "cannot be read: \(String(cString: strerror(errno)))"))
        }
        do throws(SQLiteError) {
            if let damage = StoreQuarantine.damage(of: path) { throw SQLiteError(damage: damage) }
            let database = StoreDatabase(try SQLiteConnection(observing: path))
            let found = Int(try database.connection.integer("PRAGMA user_version") ?? 0)
            guard found <= StoreDatabase.version else {
                return .failure(.newerVersion(path: path, found: found, supported: StoreDatabase.version))
            }
            guard let loaded = try database.load() else { return .success(StoppedStore()) }
            return .success(StoppedStore(loaded, CeilingFile.read(configuration.ceilingPath), database))
        } catch {
            return .failure(.failed(path: path, reason: words(for: error)))
        }
    }

    private static func words(for error: SQLiteError) -> String {
        guard error.isDamage else { return "cannot be read: \(error)" }
        return """
            it is damaged, or not an agent's store (\(error.message)): the next agent that starts puts it aside, and \
            reports what it held as a gap
            """
    }

    private init() {}

    private init(_ found: StoreDatabase.Loaded, _ remembered: CeilingContents?, _ database: StoreDatabase) {
        var loaded = found
        let boot = SystemCalls.kernel.bootID()
        for finding in StoreRecovery.findings(remembered: remembered, index: found.index, boot: boot) {
            if let position = loaded.index.positions[finding.lane] {
                _ = loaded.enter(finding, at: position)
            } else if let gap = finding.gap {
                loaded.index.count(gap)
            }
        }
        node = loaded.index.epochs.last?.node
        epoch = loaded.index.epochs.last?.epoch
        (statistics.backlogEvents, statistics.backlogBytes) = loaded.index.backlog(acks: loaded.acks)
        statistics.gaps = loaded.index.gapTotals
        statistics.oldestTimestamp = loaded.index.lanes.compactMap { lane in
            Self.oldest(in: lane, loaded, database)
        }.min()
    }

    /// When the first waiting event of a lane was taken; about so where its row cannot be read.
    private static func oldest(
        in lane: LaneRecord,
        _ loaded: StoreDatabase.Loaded,
        _ database: StoreDatabase
    ) -> Int64? {
        guard let waiting = loaded.index.firstWaiting(in: lane, acks: loaded.acks),
            let segment = lane.segment(atOrAfter: waiting)
        else { return nil }
        let exact = try? database.timestamp(of: waiting, in: segment)
        return exact.flatMap(\.self) ?? segment.firstTimestamp
    }
}
