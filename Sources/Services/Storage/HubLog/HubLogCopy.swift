// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A copy of a hub's log in one file, and what is in it.
package struct HubLogCopy: Sendable, Equatable {
    package var path: String
    /// The hub whose log it is.
    package var hubID: UInt64
    /// The newest position in it.
    package var head: Int64
    /// Events in it.
    package var events: UInt64
    package var bytes: Int64

    /// Looks at a copy that nobody writes, and goes through all of its pages.
    init(checking path: String) throws(StoreError) {
        guard access(path, R_OK) == 0 else { throw .failed(path: path, reason: HubLogFiles.reason(errno)) }
        self.path = path
        do throws(SQLiteError) {
            let database = try SQLiteConnection(observing: path)
            let found = Int(try database.integer("PRAGMA user_version") ?? 0)
            guard found <= HubLogSchema.version else {
                throw SQLiteError(damage: "has format \(found), this program knows up to \(HubLogSchema.version)")
            }
            let own = try database.integer("SELECT count(*) FROM sqlite_schema WHERE name IN ('meta', 'lanes')") ?? 0
            guard found > 0, own == 2, let id = try database.integer("SELECT value FROM meta WHERE key = 'hub_id'")
            else {
                throw SQLiteError(damage: "is not a hub's log")
            }
            // Unlike integrity_check it passes over what only indexes repeat (https://sqlite.org/pragma.html).
            let verdict = try database.text("PRAGMA quick_check(1)") ?? ""
            guard verdict == "ok" else { throw SQLiteError(damage: verdict) }
            hubID = UInt64(bitPattern: id)
            head = try HubLogRows(HubLogStatements(database)).head()
            let landed = UInt64(bitPattern: try database.integer("SELECT sum(events) FROM lanes") ?? 0)
            events = landed &- min(landed, try HubLogFacts(database).dropped.events)
        } catch {
            throw .failed(path: path, reason: error.message)
        }
        var status = stat()
        bytes = stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Copies a file, byte for byte and synced.
    static func copyFile(_ source: String, to target: String) throws(StoreError) {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw .failed(path: source, reason: HubLogFiles.reason(errno)) }
        defer { close(input) }
        let output = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        guard output >= 0 else { throw .unwritable(path: target, reason: HubLogFiles.reason(errno)) }
        defer { close(output) }
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(input, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw .failed(path: source, reason: HubLogFiles.reason(errno)) }
            if count == 0 { break }
            var written = 0
            while written < count {
                let more = buffer.withUnsafeBytes { bytes in
                    write(output, bytes.baseAddress.map { $0 + written }, count - written)
                }
                guard more > 0 else { throw Self.writeFault(target) }
                written += more
            }
        }
        guard fsync(output) == 0 else { throw Self.writeFault(target) }
    }

    /// Makes a file durable that another has written.
    static func sync(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .failed(path: path, reason: HubLogFiles.reason(errno)) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw writeFault(path) }
    }

    private static func writeFault(_ path: String) -> StoreError {
        errno == ENOSPC ? .diskFull(path: path) : .failed(path: path, reason: HubLogFiles.reason(errno))
    }
}
