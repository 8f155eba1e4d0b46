// SPDX-License-Identifier: Apache-2.0

/// The writer's prepared statements.
struct WriterStatements {
    let begin: SQLiteStatement
    let commit: SQLiteStatement
    private let pages: SQLiteStatement
    private let freePages: SQLiteStatement
    private let connection: SQLiteConnection
    /// By position of the lane, the insert into its open segment.
    private var inserts: [SQLiteStatement?] = []

    init(_ connection: SQLiteConnection) throws(SQLiteError) {
        self.connection = connection
        begin = try connection.prepare("BEGIN IMMEDIATE")
        commit = try connection.prepare("COMMIT")
        pages = try connection.prepare("PRAGMA page_count")
        freePages = try connection.prepare("PRAGMA freelist_count")
    }

    /// The insert into a lane's open segment.
    mutating func insert(position: Int, into segment: SegmentRecord) throws(SQLiteError) -> SQLiteStatement {
        if position < inserts.count, let statement = inserts[position] { return statement }
        let statement = try connection.prepare("INSERT INTO \(segment.table) (seq, body) VALUES (?1, ?2)")
        if inserts.count <= position { inserts += Array(repeating: nil, count: position + 1 - inserts.count) }
        inserts[position] = statement
        return statement
    }

    /// Drops the insert of a lane whose open segment changes.
    mutating func forget(position: Int) {
        if position < inserts.count { inserts[position] = nil }
    }

    /// Drops all inserts: after a rollback their segments may not be there.
    mutating func forgetSegments() {
        inserts.removeAll()
    }

    /// Notes how many pages the database has, and how many of them are free; keeps what was known when it cannot tell.
    func measure(into index: inout StoreIndex) {
        index.pages = value(pages) ?? index.pages
        index.freePages = value(freePages) ?? index.freePages
    }

    private func value(_ statement: SQLiteStatement) -> Int64? {
        defer { statement.reset() }
        guard (try? statement.step()) == true else { return nil }
        return statement.integer(0)
    }
}
