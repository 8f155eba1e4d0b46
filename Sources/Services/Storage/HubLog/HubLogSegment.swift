// SPDX-License-Identifier: Apache-2.0

/// A piece of the log that is dropped whole; a row of the table `segments`.
struct HubLogSegment: Sendable, Equatable {
    /// No position of the segment is lower, and none of another segment lies between.
    var first: Int64
    /// Nil while it is the one that is written to.
    var last: Int64?
    /// Version of the file when its table was made.
    var format: Int
    /// Events that had landed in the log when it began.
    var before: UInt64
    /// Hub's clock when it began.
    var began: Int64
    /// Age of the log, in milliseconds, when it began.
    var beganAge: Int64
    /// Age of the log at its last landing; nil while it is written to.
    var endedAge: Int64?

    /// The one table of a log of version 2, which only readers see.
    static let whole = HubLogSegment(first: 1, last: nil, format: 2, before: 0, began: 0, beganAge: 0, endedAge: nil)

    static let query = "SELECT first, last, format, before, began_ms, began_age, ended_age FROM segments"

    init(
        first: Int64,
        last: Int64?,
        format: Int,
        before: UInt64,
        began: Int64,
        beganAge: Int64,
        endedAge: Int64?
    ) {
        self.first = first
        self.last = last
        self.format = format
        self.before = before
        self.began = began
        self.beganAge = beganAge
        self.endedAge = endedAge
    }

    /// Reads the row that a statement of ``query`` stands on.
    init(_ row: SQLiteStatement) {
        first = row.integer(0)
        last = row.isNull(1) ? nil : row.integer(1)
        format = Int(row.integer(2))
        before = row.unsigned(3)
        began = row.integer(4)
        beganAge = row.integer(5)
        endedAge = row.isNull(6) ? nil : row.integer(6)
    }

    /// Whether positions may be missing: what was salvaged, or comes from an older program, does not know when it began.
    var mayHaveHoles: Bool { began == 0 }

    static func table(_ first: Int64) -> String { "log_\(first)" }

    var table: String { self == .whole ? "log" : Self.table(first) }

    /// Whether it is certain that it holds the position, or would if that were not damaged.
    func spans(_ position: Int64) -> Bool {
        first <= position && position <= last ?? .max
    }

    /// Makes the table and the row of a new segment; part of a transaction.
    static func begin(
        at first: Int64,
        before: UInt64,
        ms: Int64,
        age: Int64,
        in database: SQLiteConnection
    ) throws(SQLiteError) {
        try database.execute(HubLogSchema.log(table(first)))
        let insert = try database.prepare(
            """
            INSERT INTO segments (first, last, format, before, began_ms, began_age, ended_ms, ended_age)
            VALUES (?, NULL, ?, ?, ?, ?, NULL, NULL)
            """
        )
        insert.bind(first, at: 1)
        insert.bind(Int64(HubLogSchema.version), at: 2)
        insert.bind(before, at: 3)
        insert.bind(ms, at: 4)
        insert.bind(age, at: 5)
        try insert.run()
    }

    /// Ends the segment that is written to; part of a transaction.
    static func end(
        _ first: Int64,
        at last: Int64,
        ms: Int64,
        age: Int64,
        in database: SQLiteConnection
    ) throws(SQLiteError) {
        let update = try database.prepare("UPDATE segments SET last = ?, ended_ms = ?, ended_age = ? WHERE first = ?")
        update.bind(last, at: 1)
        update.bind(ms, at: 2)
        update.bind(age, at: 3)
        update.bind(first, at: 4)
        try update.run()
    }

    /// How far behind its end a log goes on that is a copy, or what is left, of one that may have gone on: further than any
    /// went since.
    static let leap: Int64 = 1 << 32

    /// Lets the log go on ``leap`` positions further.
    static func leap(from head: Int64, in database: SQLiteConnection) throws(SQLiteError) {
        let select = try database.prepare("\(query) WHERE last IS NULL")
        guard try select.step() else { return }
        let open = HubLogSegment(select)
        select.reset()
        let total = UInt64(bitPattern: try database.integer("SELECT sum(events) FROM lanes") ?? 0)
        let facts = try HubLogFacts(database)
        try database.transaction { () throws(SQLiteError) in
            if head < open.first {
                try database.execute("DROP TABLE \(open.table); DELETE FROM segments WHERE first = \(open.first)")
            } else {
                try end(open.first, at: head, ms: open.began, age: facts.landedAge, in: database)
            }
            try begin(
                at: max(head, open.first) + leap,
                before: total,
                ms: HubLogClock.system.now().wall,
                age: facts.age?.milliseconds ?? 0,
                in: database
            )
        }
    }
}
