// SPDX-License-Identifier: Apache-2.0

import Events

/// Looks up what corrects the times of events, on one connection.
///
/// Remembers lanes until the connection sees another snapshot: then a record may have come that corrects them.
final class HubLogClocks {
    /// Lanes that stay in memory.
    private static let capacity = 4_096

    private struct Key: Hashable {
        var node: String
        var lane: Lane
    }

    private let statements: HubLogStatements
    private var lanes: [Key: LaneClock] = [:]
    /// Most entries of a log follow one of the same node.
    private var latest: (node: String, history: ClockHistory)?

    init(_ statements: HubLogStatements) {
        self.statements = statements
    }

    /// The snapshot is another one.
    func forget() {
        lanes.removeAll(keepingCapacity: true)
        latest = nil
    }

    func clock(of lane: Lane, node: String) throws(SQLiteError) -> LaneClock {
        let key = Key(node: node, lane: lane)
        if let known = lanes[key] { return known }
        if lanes.count >= Self.capacity { lanes.removeAll(keepingCapacity: true) }
        let clock = try history(of: node).clock(of: lane)
        lanes[key] = clock
        return clock
    }

    private func history(of node: String) throws(SQLiteError) -> ClockHistory {
        if let latest, latest.node == node { return latest.history }
        let history = ClockHistory(try entries(of: node))
        latest = (node, history)
        return history
    }

    private func entries(of node: String) throws(SQLiteError) -> [ClockHistory.Entry] {
        // A log that only an older program wrote has no such table.
        guard try statements.database.integer("SELECT 1 FROM sqlite_schema WHERE name = 'clocks'") != nil else {
            return []
        }
        let select = try statements(
            """
            SELECT epochs.epoch, epochs.ordinal, clocks.ordinal, clocks.places, boot, uptime_ms, wall_ms, quality
            FROM nodes JOIN epochs ON epochs.node = nodes.id JOIN clocks ON clocks.epoch = epochs.id
            WHERE nodes.name = ? ORDER BY epochs.ordinal, epochs.epoch, clocks.ordinal
            """
        )
        select.bind(node, at: 1)
        defer { select.reset() }
        var entries: [ClockHistory.Entry] = []
        while try select.step() {
            guard let places = select.withBlob(3, ClockPlaces.decode) else { continue }
            let ordinal = UInt32(truncatingIfNeeded: select.integer(2))
            entries.append(
                ClockHistory.Entry(
                    epoch: Epoch(id: select.unsigned(0), ordinal: select.unsigned(1)),
                    record: ClockRecord(ordinal: ordinal, reading: Self.reading(select, from: 4), places: places)
                )
            )
        }
        return entries
    }

    /// Boot, uptime, wall clock and quality from a column on; a figure that cannot be is as good as none.
    static func reading(_ row: SQLiteStatement, from column: Int32) -> ClockReading {
        let limit = ClockReading.limit
        return ClockReading(
            boot: row.unsigned(column),
            uptime: min(max(row.integer(column + 1), -limit), limit),
            wall: min(max(row.integer(column + 2), -limit), limit),
            quality: ClockQuality(rawValue: UInt8(truncatingIfNeeded: row.integer(column + 3))) ?? .unset
        )
    }
}
