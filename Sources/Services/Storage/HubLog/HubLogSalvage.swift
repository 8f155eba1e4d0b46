// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc

/// Makes a new log of what is intact in a damaged one.
///
/// Pages and WAL frames are read without SQLite; checksums say which rows are rows. A row whose lane or primer is not there
/// any more is left out: what it held is not among what has landed, so agents that still have it send it again. What is
/// known to be missing is recorded as lost by this hub at once, for lanes that no agent speaks of any more.
final class HubLogSalvage {
    /// What was found.
    struct Report: Sendable {
        var rows = 0
        var events: UInt64 = 0
        /// Events that are known to have landed and were not found.
        var lost: UInt64 = 0
    }

    private let scan: SalvageScan
    /// Retention had dropped the log up to here; what lies in free pages stays dropped.
    private let dropped: Int64
    private let names: [Int64: HubLogLane.Key]
    private var identities: [Int64: HubLogLane.Key] = [:]
    /// The newest intact figures of lanes.
    private var figures: [Int64: HubLogLane] = [:]
    private var gaps: [Int64: Set<Gap>] = [:]
    private var positions = HubLogSample()
    private var report = Report()

    /// - Parameter names: whose lanes there are, for those whose own word is gone.
    init(database: String, wal: String, dropped: Int64, names: [Int64: HubLogLane.Key]) {
        self.names = names
        scan = SalvageScan(database: RawFile(path: database), wal: RawFile(path: wal), of: .hubLog)
        self.dropped = dropped
    }

    /// Fills a new log, which nobody else has open.
    func fill(_ database: SQLiteConnection, cursors: [String: Int64]) throws(SQLiteError) -> Report {
        let statements = HubLogStatements(database)
        try database.transaction { () throws(SQLiteError) in
            try database.execute("CREATE TABLE found (identifier INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT")
            try survey(statements)
            identities.merge(names) { certain, _ in certain }
            let target = try HubLogSalvageTarget(statements, identities, firsts: positions.quantiles())
            try each { row throws(SQLiteError) in
                let events = try target.adopt(row)
                if events > 0 { report.rows += 1 }
                report.events += events
                return true
            }
            for laneID in identities.keys.sorted() { try settle(laneID, target) }
            try target.finish()
            for (name, position) in cursors { try HubLogCursors.store(name, position, statements) }
            try database.execute("DROP TABLE found")
        }
        return report
    }

    // MARK: What there is

    /// Finds out which lanes, primers and positions there are.
    private func survey(_ statements: HubLogStatements) throws(SQLiteError) {
        try records { record throws(SQLiteError) in
            switch record.shape {
            case .hubIdentity:
                guard let identity = HubLogIdentity(record) else { return false }
                identities[identity.laneID] = identity.key
            case .hubLane:
                guard let lane = HubLogLane(record) else { return false }
                if lane.landed.cumulative >= figures[lane.id]?.landed.cumulative ?? 0 { figures[lane.id] = lane }
            case .hubGap:
                guard let (laneID, gap) = HubLogGap.salvaged(record) else { return false }
                gaps[laneID, default: []].insert(gap)
            case .hubPrimer:
                return try HubLogSalvageTarget.keepPrimer(record, statements)
            case .hubRow:
                guard let row = HubLogSalvagedRow(record) else { return false }
                if row.position > dropped { positions.add(row.position) }
            default: return false
            }
            return true
        }
    }

    private func each(_ take: (HubLogSalvagedRow) throws(SQLiteError) -> Bool) throws(SQLiteError) {
        try records { record throws(SQLiteError) in
            guard record.shape == .hubRow, let row = HubLogSalvagedRow(record) else { return record.shape != .hubRow }
            return row.position > dropped ? try take(row) : true
        }
    }

    /// Frames first: they are newer than the pages that they replace.
    private func records(_ take: (SalvageRecord) throws(SQLiteError) -> Bool) throws(SQLiteError) {
        do {
            try scan.readWAL { try take($0) }
            try scan.readDatabase { try take($0) }
        } catch let error as SQLiteError {
            throw error
        } catch {
            throw SQLiteError(damage: "\(error)")
        }
    }

    // MARK: What is missing

    /// Writes down what of a lane has landed and what of it is lost.
    private func settle(_ laneID: Int64, _ target: HubLogSalvageTarget) throws(SQLiteError) {
        guard var lane = target.lanes[laneID] else { return }
        let known = figures[laneID]
        // What a hub recorded as lost by a restore has not landed, and may come all the same.
        let lost = (gaps[laneID] ?? []).filter { $0.reason == .storeRestored || $0.reason == .hubRestored }
        for gap in gaps[laneID] ?? [] {
            try target.insert(gap, laneID: laneID)
            if !lost.contains(gap) { lane.landed.insert(gap.first...gap.last) }
        }
        if !lost.isEmpty { lane.closed = true }
        if dropped > 0, let known {
            // What lies before all that was found had been handed on and dropped.
            let end = min(known.landed.cumulative, (target.lowest[laneID] ?? .max) - 1)
            if end > 0 { lane.landed.insert(1...end) }
        }
        let highest = max(lane.highest, known?.highest ?? 0)
        if highest > 0 {
            var told = lane.landed
            for gap in lost { told.insert(gap.first...gap.last) }
            for range in told.missing(in: 1...highest) {
                let gap = Gap(
                    lane: lane.key.lane,
                    first: range.lowerBound,
                    last: range.upperBound,
                    reason: .hubRestored
                )
                try target.insert(gap, laneID: laneID)
                report.lost += gap.count
                // Whoever still has it sends it, and it wins over the gap.
                lane.closed = true
            }
        }
        lane.last = max(highest, known?.last ?? 0)
        lane.ceiling = known?.ceiling ?? 0
        lane.landedMilliseconds = known?.landedMilliseconds ?? 0
        if known?.closed == true { lane.closed = true }
        try target.write(lane)
    }
}
