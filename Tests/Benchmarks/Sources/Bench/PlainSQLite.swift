// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Glibc

/// What SQLite alone does on the same disk: rows of one blob, WAL, synchronous=FULL, groups of one size.
enum PlainSQLite {
    static func rowsPerSecond(directory: String, group: Int, seconds: Double) throws -> Double {
        let path = "\(directory)/plain.db"
        defer { for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) } }
        var database: OpaquePointer?
        guard sqlite3_open(path, &database) == SQLITE_OK else { throw Failure("cannot open \(path)") }
        defer { sqlite3_close(database) }
        sqlite3_exec(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL", nil, nil, nil)
        sqlite3_exec(database, "CREATE TABLE event(seq INTEGER PRIMARY KEY, body BLOB)", nil, nil, nil)
        var statement: OpaquePointer?
        sqlite3_prepare_v2(database, "INSERT INTO event VALUES(NULL, ?)", -1, &statement, nil)
        defer { sqlite3_finalize(statement) }
        var telemetry = Telemetry()
        let start = nanoseconds()
        var rows = 0
        while Double(nanoseconds() - start) / 1e9 < seconds {
            sqlite3_exec(database, "BEGIN", nil, nil, nil)
            for _ in 0..<group {
                let event = telemetry.next(stamp: UInt64(rows))
                let body = event.topic + event.payload
                sqlite3_bind_blob(statement, 1, body, Int32(body.count), nil)
                guard sqlite3_step(statement) == SQLITE_DONE else { throw Failure("INSERT failed") }
                sqlite3_reset(statement)
            }
            guard sqlite3_exec(database, "COMMIT", nil, nil, nil) == SQLITE_OK else { throw Failure("COMMIT failed") }
            rows += group
        }
        return Double(rows) / (Double(nanoseconds() - start) / 1e9)
    }

    /// Bytes written to the device for each byte of topic and payload, the last checkpoint included.
    static func wear(page: Int, wal: Int, group: Int, rows: Int) throws -> Double {
        let path = "/tmp/sluice-wear-\(getpid()).db"
        defer { for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) } }
        var database: OpaquePointer?
        guard sqlite3_open(path, &database) == SQLITE_OK else { throw Failure("cannot open \(path)") }
        let settings =
            "PRAGMA page_size=\(page); PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL"
        sqlite3_exec(database, "\(settings); PRAGMA wal_autocheckpoint=\(wal / page)", nil, nil, nil)
        sqlite3_exec(database, "CREATE TABLE event(seq INTEGER PRIMARY KEY, body BLOB)", nil, nil, nil)
        var statement: OpaquePointer?
        sqlite3_prepare_v2(database, "INSERT INTO event VALUES(NULL, ?)", -1, &statement, nil)
        var telemetry = Telemetry()
        var bytes = 0
        let before = writtenBytes(of: "self")
        for row in 0..<rows {
            if row % group == 0 { sqlite3_exec(database, "BEGIN", nil, nil, nil) }
            let event = telemetry.next(stamp: UInt64(row))
            // As long as the head of a row of Sluice's.
            let body = Array(repeating: UInt8(1), count: 24) + event.topic + event.payload
            bytes += event.topic.count + event.payload.count
            sqlite3_bind_blob(statement, 1, body, Int32(body.count), nil)
            guard sqlite3_step(statement) == SQLITE_DONE else { throw Failure("INSERT failed") }
            sqlite3_reset(statement)
            if row % group == group - 1 { sqlite3_exec(database, "COMMIT", nil, nil, nil) }
        }
        sqlite3_finalize(statement)
        sqlite3_close(database)
        return Double(writtenBytes(of: "self") - before) / Double(bytes)
    }
}
