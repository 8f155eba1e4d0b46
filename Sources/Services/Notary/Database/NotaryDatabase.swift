// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Glibc
import Provenance
import Storage

/// `provenance.db` on one connection: what of the tree is kept, beside the events in the hub's log.
///
/// Belongs to one thread. Leaves and the checkpoint over them go in with one transaction, so that there never is one without
/// the other.
final class NotaryDatabase {
    static let fileName = "provenance.db"

    let path: String
    let connection: SQLiteConnection

    private init(_ connection: SQLiteConnection, path: String) {
        self.path = path
        self.connection = connection
    }

    /// Opens the file for writing, or begins one.
    static func open(path: String, logID: UInt64) throws(NotaryFault) -> NotaryDatabase {
        do {
            let connection = try SQLiteConnection(path: path)
            connection.setCheckpointOnClose(false)
            try connection.execute(
                """
                PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                PRAGMA cell_size_check = ON; PRAGMA journal_size_limit = 16777216; PRAGMA temp_store = MEMORY
                """
            )
            let found = try connection.integer("PRAGMA user_version") ?? 0
            guard found <= NotarySchema.version else { throw NotaryFault.newerVersion(path: path, found: Int(found)) }
            if found == 0 { try create(connection, logID) }
            return NotaryDatabase(connection, path: path)
        } catch let fault as NotaryFault {
            throw fault
        } catch let error as SQLiteError {
            throw NotaryFault(error, path: path)
        } catch {
            throw .database(path: path, reason: "\(error)")
        }
    }

    /// Opens the file for reading, whether or not a hub writes it.
    static func openForReading(path: String) throws(NotaryFault) -> NotaryDatabase {
        guard access(path, F_OK) == 0 else { throw .absent(path: path) }
        do {
            let connection = try SQLiteConnection(path: path, readOnly: true)
            try connection.execute("PRAGMA busy_timeout = 5000; PRAGMA temp_store = MEMORY")
            let found = Int(try connection.integer("PRAGMA user_version") ?? 0)
            guard found <= NotarySchema.version else { throw NotaryFault.newerVersion(path: path, found: found) }
            return NotaryDatabase(connection, path: path)
        } catch let error as SQLiteError {
            throw NotaryFault(error, path: path)
        } catch let fault as NotaryFault {
            throw fault
        } catch {
            throw .database(path: path, reason: "\(error)")
        }
    }

    private static func create(_ connection: SQLiteConnection, _ logID: UInt64) throws(SQLiteError) {
        try connection.transaction { () throws(SQLiteError) in
            try connection.execute(NotarySchema.tables)
            let insert = try connection.prepare("INSERT INTO meta (key, value) VALUES ('log_id', ?), ('position', 0)")
            insert.bind(logID, at: 1)
            try insert.run()
            try connection.execute(
                """
                INSERT INTO tail (id, position, skip, leaves) VALUES (1, 0, 0, x'');
                PRAGMA user_version = \(NotarySchema.version)
                """
            )
        }
    }

    /// Whether the file says something that no intact one does: a wrong statement is that here, too, as its tables are then
    /// not the ones that were made.
    static func isDamage(_ error: SQLiteError) -> Bool {
        [SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_ERROR, SQLITE_CONSTRAINT, SQLITE_MISMATCH].contains(error.primaryCode)
    }
}
