// SPDX-License-Identifier: Apache-2.0

import CSQLite

/// Opens connections to `hub.db`.
enum HubLogDatabase {
    /// The file is not a database of this program, or is damaged where it matters at once.
    struct Unusable: Error {
        var reason: String
    }

    /// The writer's connection; makes the tables where there are none.
    ///
    /// - Parameter id: the hub's id for a log that has none yet.
    static func openForWriting(
        path: String,
        vfs: String?,
        id: UInt64
    ) throws(StoreError) -> Result<SQLiteConnection, Unusable> {
        do {
            let database = try SQLiteConnection(path: path, vfs: vfs)
            database.setCheckpointOnClose(false)
            try database.execute(HubLogSchema.creation)
            // Readers in other processes may hold the lock for a moment while they recover the WAL.
            try database.execute("PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL")
            try database.execute(
                """
                PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF; PRAGMA cache_size = -2000;
                PRAGMA journal_size_limit = 16777216;
                PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY
                """
            )
            if let fault = try check(database, path: path, id: id) { return .failure(fault) }
            return .success(database)
        } catch let error as SQLiteError {
            if isDamage(error) {
                return .failure(Unusable(reason: error.message))
            }
            throw fault(error, path: path)
        } catch let error as StoreError {
            throw error
        } catch {
            throw .failed(path: path, reason: "\(error)")
        }
    }

    /// A log of a newer version is looked at without any trace: closing it would copy its WAL, and reading it would make
    /// an index of that.
    static func refuseNewer(path: String) throws(StoreError) {
        guard let database = try? SQLiteConnection(observing: path),
            let found = try? database.integer("PRAGMA user_version"), found > HubLogSchema.version,
            // One bit of the header must not make it another program's.
            (try? database.integer("SELECT value FROM meta WHERE key = 'format'")) != Int64(HubLogSchema.version)
        else { return }
        throw .newerVersion(path: path, found: Int(found), supported: HubLogSchema.version)
    }

    /// A connection that only reads; the database must be there.
    static func openForReading(path: String, vfs: String?) throws(StoreError) -> SQLiteConnection {
        do {
            let database = try SQLiteConnection(path: path, readOnly: true, vfs: vfs)
            try database.execute("PRAGMA busy_timeout = 5000; PRAGMA cache_size = -1000; PRAGMA temp_store = MEMORY")
            let found = Int(try database.integer("PRAGMA user_version") ?? 0)
            guard found <= HubLogSchema.version else {
                throw StoreError.newerVersion(path: path, found: found, supported: HubLogSchema.version)
            }
            guard found > 0 else { throw StoreError.failed(path: path, reason: "is not a hub's log") }
            return database
        } catch let error as SQLiteError {
            throw fault(error, path: path)
        } catch let error as StoreError {
            throw error
        } catch {
            throw .failed(path: path, reason: "\(error)")
        }
    }

    /// Whether the file says something that no intact log does.
    ///
    /// While a log is opened a wrong statement is one, too: its tables are not the ones that were made.
    static func isDamage(_ error: SQLiteError) -> Bool {
        switch error.primaryCode {
        case SQLITE_NOTADB, SQLITE_CORRUPT, SQLITE_ERROR, SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_FORMAT: true
        default: error.code == SQLITE_IOERR | 2 << 8
        }
    }

    /// What went wrong, in the words of the store.
    static func fault(_ error: SQLiteError, path: String) -> StoreError {
        switch error.primaryCode {
        case SQLITE_FULL: .diskFull(path: path)
        case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged(path: path, reason: error.message)
        case SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_PERM: .unwritable(path: path, reason: error.message)
        default: .failed(path: path, reason: error.description)
        }
    }

    static func check(_ database: SQLiteConnection, path: String, id: UInt64) throws -> Unusable? {
        let found = Int(try database.integer("PRAGMA user_version") ?? 0)
        guard found <= HubLogSchema.version else {
            // One bit of the header must not make a log one of another program's.
            let noted = try? database.integer("SELECT value FROM meta WHERE key = 'format'")
            if noted == Int64(HubLogSchema.version) { return Unusable(reason: "says that it has format \(found)") }
            throw StoreError.newerVersion(path: path, found: found, supported: HubLogSchema.version)
        }
        let tables = try database.integer("SELECT count(*) FROM sqlite_schema WHERE type = 'table'") ?? 0
        if found == 0, tables == 0 {
            try create(database, id: id)
            return nil
        }
        let log = found < 3 ? "log" : "segments"
        let own =
            try database.integer("SELECT count(*) FROM sqlite_schema WHERE name IN ('meta', 'lanes', '\(log)')") ?? 0
        guard found > 0, own == 3, try database.integer("SELECT value FROM meta WHERE key = 'hub_id'") != nil else {
            return Unusable(reason: "is not a hub's log")
        }
        try migrate(database, from: found)
        return nil
    }

    private static func migrate(_ database: SQLiteConnection, from found: Int) throws(SQLiteError) {
        guard found < HubLogSchema.version else { return }
        try database.transaction { () throws(SQLiteError) in
            for version in found..<HubLogSchema.version {
                if let statements = HubLogSchema.migrations[version] { try database.execute(statements) }
            }
            if found < 3 { try HubLogMigration.takeOver(database) }
            if found < 5 { try HubLogMigration.copyIdentities(database) }
            try noteFormat(database)
            try database.execute("PRAGMA user_version = \(HubLogSchema.version)")
        }
    }

    private static func noteFormat(_ database: SQLiteConnection) throws(SQLiteError) {
        try database.execute("INSERT OR REPLACE INTO meta (key, value) VALUES ('format', \(HubLogSchema.version))")
    }

    private static func create(_ database: SQLiteConnection, id: UInt64) throws(SQLiteError) {
        try database.transaction { () throws(SQLiteError) in
            try database.execute(HubLogSchema.tables)
            let insert = try database.prepare("INSERT INTO meta (key, value) VALUES ('hub_id', ?)")
            insert.bind(id, at: 1)
            try insert.run()
            let now = HubLogClock.system.now().wall
            try HubLogSegment.begin(at: 1, before: 0, ms: now, age: 0, in: database)
            try noteFormat(database)
            try database.execute("PRAGMA user_version = \(HubLogSchema.version)")
        }
    }
}
