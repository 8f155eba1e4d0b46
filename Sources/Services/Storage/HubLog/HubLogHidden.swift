// SPDX-License-Identifier: Apache-2.0

import Events

/// Rows in a WAL that SQLite will not take, because a frame before them is damaged.
///
/// Checksums of frames build on each other, and SQLite reads to the first that is wrong
/// (https://sqlite.org/fileformat2.html section 4.3): one flipped bit hides all commits behind it, without a word.
struct HubLogHidden {
    private(set) var rows: [HubLogSalvagedRow] = []
    private(set) var gaps: [(laneID: Int64, gap: Gap)] = []
    private(set) var identities: [Int64: HubLogLane.Key] = [:]

    /// Nil when the WAL has nothing to hide; has to be asked before SQLite opens the database.
    init?(database path: String, dropped: Int64) {
        guard let database = RawFile(path: path), let wal = RawFile(path: path + "-wal") else { return nil }
        let geometry = PageGeometry(header: database.bytes(at: 0, count: 100), fileSize: database.size)
        guard let first = WALFrames(wal, geometry: geometry).firstHidden() else { return nil }
        SalvageScan(database: database, wal: wal, of: .hubLog).readWAL(from: first) { record in
            switch record.shape {
            case .hubRow:
                guard let row = HubLogSalvagedRow(record) else { return false }
                if row.position > dropped { rows.append(row) }
            case .hubIdentity:
                guard let identity = HubLogIdentity(record) else { return false }
                identities[identity.laneID] = identity.key
            case .hubGap:
                guard let gap = HubLogGap.salvaged(record) else { return false }
                gaps.append(gap)
            default: return false
            }
            return true
        }
        if rows.isEmpty, gaps.isEmpty { return nil }
        rows.sort { $0.position < $1.position }
    }

    /// Lands what of them has not; returns how many events that were.
    func land(_ transaction: HubLogTransaction) throws(SQLiteError) -> UInt64 {
        var events: UInt64 = 0
        for row in rows {
            guard let key = try key(row.laneID, transaction.statements) else { continue }
            events += try transaction.adopt(row, of: key)
        }
        for (laneID, gap) in gaps where gap.reason != .storeRestored && gap.reason != .hubRestored {
            guard let key = try key(laneID, transaction.statements) else { continue }
            var gap = gap
            gap.lane = key.lane
            _ = try transaction.record(node: key.node, gap)
        }
        try transaction.finish(cursors: [:])
        return events
    }

    private func key(_ laneID: Int64, _ statements: HubLogStatements) throws(SQLiteError) -> HubLogLane.Key? {
        if let key = identities[laneID] { return key }
        let select = try statements(HubLogIdentity.query + " WHERE lanes.id = ?")
        select.bind(laneID, at: 1)
        defer { select.reset() }
        return try select.step() ? HubLogIdentity(select).key : nil
    }
}
