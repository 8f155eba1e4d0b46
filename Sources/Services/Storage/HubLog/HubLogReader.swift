// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// Reads a log from one consistent snapshot, whether or not a hub writes it meanwhile: for export and other verbs.
///
/// Keeps one batch in memory at a time. Belongs to one thread. A snapshot keeps the WAL from being reused, so it should
/// not be held for longer than it takes to read it.
package final class HubLogReader {
    private let path: String
    let statements: HubLogStatements
    private let opener: BatchOpener
    private let primers: HubLogPrimers
    let rows: HubLogRows
    let clocks: HubLogClocks

    /// Rows that ``next(after:)`` passed over because they could not be read.
    package private(set) var damagedRows = 0

    init(path: String, opening: BatchOpening) throws(StoreError) {
        self.path = path
        statements = HubLogStatements(try HubLogDatabase.openForReading(path: path, vfs: nil))
        opener = opening.make()
        primers = HubLogPrimers(statements)
        rows = HubLogRows(statements)
        clocks = HubLogClocks(statements)
        try renew()
    }

    /// Takes a newer snapshot: what was committed up to now.
    package func renew() throws(StoreError) {
        clocks.forget()
        try reading { () throws(SQLiteError) in
            if statements.database.isInTransaction { try statements.database.execute("COMMIT") }
            // The snapshot begins with the first read (https://sqlite.org/isolation.html).
            try statements.database.execute("BEGIN")
            rows.renew()
            _ = try rows.head()
        }
    }

    /// The hub whose log this is.
    package func hubID() throws(StoreError) -> UInt64 {
        try reading { () throws(SQLiteError) in
            UInt64(bitPattern: try statements.database.integer("SELECT value FROM meta WHERE key = 'hub_id'") ?? 0)
        }
    }

    /// The position of the newest row of the snapshot; 0 for an empty log.
    package func head() throws(StoreError) -> Int64 {
        try reading { () throws(SQLiteError) in
            try rows.head()
        }
    }

    /// The first entry after a position, or nil at the end of the snapshot.
    package func next(after position: Int64) throws(StoreError) -> LogEntry? {
        try reading { () throws(SQLiteError) in
            var found: LogEntry?
            try rows.forEach(after: position) { row throws(SQLiteError) in
                let primer = try primers.primer(of: row)
                do throws(BatchFault) {
                    found = try row.entry(opener: opener, primer: primer)
                    return false
                } catch {
                    damagedRows += 1
                    return true
                }
            }
            return found
        }
    }

    /// What retention has dropped of the log, and the oldest that is kept.
    package func retention() throws(StoreError) -> HubLogRetention {
        try reading { () throws(SQLiteError) in
            let facts = try HubLogFacts(statements.database)
            return HubLogRetention(dropped: facts.dropped, oldest: try rows.oldest())
        }
    }

    /// Primers of all nodes.
    package func primerCount() throws(StoreError) -> Int {
        try reading { () throws(SQLiteError) in
            // A log that only an older program wrote has no such table.
            guard try statements.database.integer("SELECT 1 FROM sqlite_schema WHERE name = 'primers'") != nil else {
                return 0
            }
            return Int(try statements.database.integer("SELECT count(*) FROM primers") ?? 0)
        }
    }

    /// All recorded gaps, in the order in which they were recorded.
    package func gaps() throws(StoreError) -> [HubLogGap] {
        try reading { () throws(SQLiteError) in
            let select = try statements(
                """
                SELECT nodes.name, epochs.epoch, lanes.partition, gaps.first, gaps.last, gaps.reason, gaps.end_known,
                    gaps.recorded_ms
                FROM gaps JOIN lanes ON lanes.id = gaps.lane JOIN epochs ON epochs.id = lanes.epoch
                    JOIN nodes ON nodes.id = epochs.node
                ORDER BY gaps.id
                """
            )
            defer { select.reset() }
            var gaps: [HubLogGap] = []
            while try select.step() { gaps.append(HubLogGap(select)) }
            return gaps
        }
    }

    /// What has landed, per node, by name.
    package func nodes() throws(StoreError) -> [HubLogNode] {
        try reading { () throws(SQLiteError) in
            let select = try statements(
                """
                SELECT nodes.name, epochs.epoch, epochs.ordinal, lanes.partition, lanes.events, lanes.cumulative,
                    lanes.highest, lanes.landed_ms
                FROM nodes JOIN epochs ON epochs.node = nodes.id JOIN lanes ON lanes.epoch = epochs.id
                ORDER BY nodes.name, epochs.ordinal, epochs.id, lanes.partition
                """
            )
            defer { select.reset() }
            var nodes: [HubLogNode] = []
            while try select.step() {
                let name = select.text(0)
                if nodes.last?.name != name { nodes.append(HubLogNode(name: name)) }
                nodes[nodes.count - 1].lanes.append(HubLogNode.LaneSummary(select))
            }
            return nodes
        }
    }

    func reading<Result>(_ body: () throws(SQLiteError) -> Result) throws(StoreError) -> Result {
        do throws(SQLiteError) {
            return try body()
        } catch {
            throw HubLogDatabase.fault(error, path: path)
        }
    }
}
