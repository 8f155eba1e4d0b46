// SPDX-License-Identifier: Apache-2.0

import Events

/// The rows of a lane around a damaged one: they tell whether it holds what it says.
///
/// The numbers of such a row may be what is damaged. Where a lane landed in its order, the rows before and behind it leave
/// a hole that nothing else fits into; where it did not, nothing is certain.
struct HubLogNeighbours {
    /// Segments that are looked through for the next row of a lane, each way.
    private static let reach = 16

    private let database: SQLiteConnection

    init(_ statements: HubLogStatements) {
        database = statements.database
    }

    /// Whether of what landed of a lane the other rows, and its gaps, leave open around a position just this range.
    func leave(_ range: ClosedRange<UInt64>, of lane: Int64, at position: Int64) throws(SQLiteError) -> Bool {
        let before = try neighbour(of: lane, to: position, isBefore: true)
        let behind = try neighbour(of: lane, to: position, isBefore: false)
        let first = before.map { $0.upperBound + 1 } ?? 1
        let last = behind.map { $0.lowerBound - 1 } ?? .max
        let gaps = try gaps(of: lane)
        let open = try landed(of: lane).ranges.flatMap { landed -> [ClosedRange<UInt64>] in
            let (lower, upper) = (max(first, landed.lowerBound), min(last, landed.upperBound))
            return lower <= upper ? gaps.missing(in: lower...upper) : []
        }
        return open == [range]
    }

    private func neighbour(
        of lane: Int64,
        to position: Int64,
        isBefore: Bool
    ) throws(SQLiteError) -> ClosedRange<UInt64>? {
        let segments = try database.prepare(
            isBefore
                ? "SELECT first FROM segments WHERE first <= ? ORDER BY first DESC LIMIT \(Self.reach)"
                : "SELECT first FROM segments WHERE last >= ? OR last IS NULL ORDER BY first LIMIT \(Self.reach)"
        )
        segments.bind(position, at: 1)
        while try segments.step() {
            let row = try database.prepare(
                """
                SELECT first, count FROM \(HubLogSegment.table(segments.integer(0)))
                WHERE lane = ? AND position \(isBefore ? "<" : ">") ? ORDER BY position \(isBefore ? "DESC" : "ASC") LIMIT 1
                """
            )
            row.bind(lane, at: 1)
            row.bind(position, at: 2)
            guard try row.step() else { continue }
            let (first, count) = (row.integer(0), row.integer(1))
            guard (1...1 << 48).contains(first), (1...1 << 32).contains(count) else { return nil }
            return UInt64(first)...UInt64(first + count - 1)
        }
        return nil
    }

    private func landed(of lane: Int64) throws(SQLiteError) -> SequenceSet {
        let select = try database.prepare("SELECT cumulative FROM lanes WHERE id = ?")
        select.bind(lane, at: 1)
        let cumulative = try select.step() ? select.unsigned(0) : 0
        let rows = try database.prepare("SELECT first, last FROM landed_ranges WHERE lane = ? ORDER BY first")
        return SequenceSet(cumulative: cumulative, ranges: try ranges(rows, of: lane))
    }

    private func gaps(of lane: Int64) throws(SQLiteError) -> SequenceSet {
        let rows = try database.prepare("SELECT first, last FROM gaps WHERE lane = ?")
        var known = SequenceSet()
        for range in try ranges(rows, of: lane) { known.insert(range) }
        return known
    }

    private func ranges(_ rows: SQLiteStatement, of lane: Int64) throws(SQLiteError) -> [ClosedRange<UInt64>] {
        rows.bind(lane, at: 1)
        var ranges: [ClosedRange<UInt64>] = []
        while try rows.step() {
            let (first, last) = (rows.unsigned(0), rows.unsigned(1))
            if first > 0, first <= last { ranges.append(first...last) }
        }
        return ranges
    }
}
