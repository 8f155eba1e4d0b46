// SPDX-License-Identifier: Apache-2.0

/// Goes through the rows of the log in landing order, from segment to segment.
///
/// Belongs to the thread of its connection.
final class HubLogRows {
    private let statements: HubLogStatements
    /// The segment of the row that was read last, as the present snapshot has it.
    private var segment: HubLogSegment?
    /// Nil until asked: whether the file has segments.
    private var hasSegments: Bool?

    init(_ statements: HubLogStatements) {
        self.statements = statements
    }

    /// Another snapshot: what is known of segments may be out of date.
    func renew() {
        segment = nil
        hasSegments = nil
    }

    /// Hands over the rows after a position until `body` says that it has enough.
    ///
    /// Positions within a segment follow one another: SQLite does not notice a page that stands in another's place, and
    /// its rows would be missing without a word.
    func forEach(after start: Int64, _ body: (HubLogRow) throws(SQLiteError) -> Bool) throws(SQLiteError) {
        var position = start
        while let segment = try segment(after: position) {
            let select = try statements.volatile(HubLogRow.query(segment))
            select.bind(position, at: 1)
            defer { select.reset() }
            position = max(position, segment.first - 1)
            while try select.step() {
                let row = HubLogRow(select)
                guard row.position == position + 1 || segment.mayHaveHoles else { throw Self.hole(after: position) }
                position = row.position
                guard try body(row) else { return }
            }
            guard let last = segment.last else { return }
            guard position == last || segment.mayHaveHoles else { throw Self.hole(after: position) }
            position = max(position, last)
        }
    }

    private static func hole(after position: Int64) -> SQLiteError {
        SQLiteError(damage: "the rows behind position \(position) are not where they should be")
    }

    /// The first row after a position; nil at the end.
    func next(after position: Int64) throws(SQLiteError) -> HubLogRow? {
        var found: HubLogRow?
        try forEach(after: position) { row throws(SQLiteError) in
            found = row
            return false
        }
        return found
    }

    /// The lowest position that is kept, or the next one where nothing is.
    func oldest() throws(SQLiteError) -> HubLogSegment? {
        try segment(after: 0)
    }

    /// The position of the newest row; 0 where there never was one.
    func head() throws(SQLiteError) -> Int64 {
        guard try isSegmented() else { return try statements.database.integer("SELECT max(position) FROM log") ?? 0 }
        guard let first = try statements.database.integer("SELECT max(first) FROM segments") else { return 0 }
        let table = HubLogSegment.table(first)
        let newest = try statements.database.integer("SELECT position FROM \(table) ORDER BY position DESC LIMIT 1")
        return newest ?? first - 1
    }

    /// The segment in which the rows after a position begin.
    private func segment(after position: Int64) throws(SQLiteError) -> HubLogSegment? {
        let wanted = position == .max ? position : position + 1
        if let segment, segment.spans(wanted) { return segment }
        guard try isSegmented() else {
            segment = .whole
            return segment
        }
        let select = try statements(
            "\(HubLogSegment.query) WHERE last >= ? OR last IS NULL ORDER BY first LIMIT 1"
        )
        select.bind(wanted, at: 1)
        defer { select.reset() }
        segment = try select.step() ? HubLogSegment(select) : nil
        return segment
    }

    private func isSegmented() throws(SQLiteError) -> Bool {
        if let hasSegments { return hasSegments }
        let found = try statements.database.integer("SELECT 1 FROM sqlite_schema WHERE name = 'segments'") != nil
        hasSegments = found
        return found
    }
}
