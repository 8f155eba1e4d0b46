// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// Reads the log for followers that are further behind than memory reaches, on a connection and a thread of its own.
actor HubLogTail {
    /// Rows that cannot be opened: a damaged primer makes as many as there are batches of it.
    struct Damage: Sendable {
        /// The first of them.
        var position: Int64
        var rows = 1
        var laneID: Int64
        var range: ClosedRange<UInt64>
        var reason: String

        /// Whether another row is the next of the same lane, and as bad for the same reason; then it counts as part of this.
        mutating func absorb(_ next: Damage) -> Bool {
            guard next.laneID == laneID, next.reason == reason, next.range.lowerBound == range.upperBound + 1 else {
                return false
            }
            range = range.lowerBound...next.range.upperBound
            rows += 1
            return true
        }
    }

    private nonisolated let executor = StoreExecutor(label: "sluice.hublog.reader")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let path: String
    /// Nil after closing.
    private var statements: HubLogStatements?
    private let opener: BatchOpener
    /// Nil after closing.
    private var primers: HubLogPrimers?
    /// Nil after closing.
    private var rows: HubLogRows?
    /// Nil after closing.
    private var neighbours: HubLogNeighbours?

    init(path: String, vfs: String?, opening: BatchOpening) throws(StoreError) {
        self.path = path
        let statements = HubLogStatements(try HubLogDatabase.openForReading(path: path, vfs: vfs))
        self.statements = statements
        primers = HubLogPrimers(statements)
        rows = HubLogRows(statements)
        neighbours = HubLogNeighbours(statements)
        opener = opening.make()
    }

    /// Entries after a position; damaged rows are passed over and named.
    func read(
        after position: Int64,
        maximumBytes: Int
    ) throws(StoreError) -> (entries: [LogEntry], damaged: [Damage]) {
        guard let statements, let rows else { throw .unavailable("the hub's log is closed") }
        var entries: [LogEntry] = []
        var damaged: [Damage] = []
        /// By lane, the newest of them: rows of several lanes come in turns.
        var newest: [Int64: Int] = [:]
        var bytes = 0
        do throws(SQLiteError) {
            // One snapshot: a segment must not be dropped between the look at the list and at its table.
            try statements.database.execute("BEGIN")
            defer { try? statements.database.execute("COMMIT") }
            rows.renew()
            try rows.forEach(after: position) { row throws(SQLiteError) in
                let primer = try primers?.primer(of: row)
                do throws(BatchFault) {
                    let entry = try row.entry(opener: opener, primer: primer)
                    bytes += entry.block.byteCount
                    entries.append(entry)
                } catch {
                    let next = try damage(of: row, reason: "\(error)")
                    let laneID = next.laneID
                    if let index = newest[laneID], damaged[index].absorb(next) { return true }
                    newest[laneID] = damaged.count
                    damaged.append(next)
                }
                return bytes < maximumBytes
            }
        } catch {
            throw HubLogDatabase.fault(error, path: path)
        }
        return (entries, damaged)
    }

    /// What is lost with a row; throws where nobody can tell, as salvage finds out what is missing by what is there.
    private func damage(of row: HubLogRow, reason: String) throws(SQLiteError) -> Damage {
        let (laneID, range, isProven) = row.claim
        if let range, let neighbours {
            var isCertain = isProven
            if !isCertain { isCertain = try neighbours.leave(range, of: laneID, at: row.position) }
            if isCertain { return Damage(position: row.position, laneID: laneID, range: range, reason: reason) }
        }
        throw SQLiteError(damage: "the row at position \(row.position) is damaged, and its lane or numbers may be, too")
    }

    /// Those of a node's primers that are here; what cannot be opened any more is not.
    func primers(of node: String, _ identifiers: [PrimerIdentifier]) throws(StoreError) -> [Primer] {
        guard let statements else { throw .unavailable("the hub's log is closed") }
        var found: [Primer] = []
        do throws(SQLiteError) {
            for identifier in identifiers {
                guard let bytes = try HubLogPrimers.bytes(of: identifier, node: node, statements),
                    let primer = try? Primer(bytes: bytes), primer.identifier == identifier
                else { continue }
                found.append(primer)
            }
        } catch {
            throw HubLogDatabase.fault(error, path: path)
        }
        return found
    }

    func close() {
        primers = nil
        rows = nil
        neighbours = nil
        statements = nil
    }
}
