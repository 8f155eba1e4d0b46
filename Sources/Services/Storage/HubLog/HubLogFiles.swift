// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc

/// The files of the hub's state directory.
struct HubLogFiles: Sendable {
    let directory: String
    var calls: SystemCalls = .kernel

    var database: String { directory + "/hub.db" }
    /// A copy of the hub's id: a log begun anew after damage keeps the id, so that agents' figures tell what it lost.
    var identity: String { directory + "/hub.id" }

    /// Whether the database file is there and cannot be a database: SQLite would take an empty one as new and delete
    /// its WAL (https://sqlite.org/walformat.html).
    var isEmptyFile: Bool {
        access(database, F_OK) == 0 && Self.size(database) == 0
    }

    /// Whether there is neither a database nor anything in a WAL.
    ///
    /// An empty WAL may have come back after a power cut.
    var isGone: Bool {
        access(database, F_OK) != 0 && Self.size(database + "-wal") == 0
    }

    /// Bytes of the database, its WAL and its shared-memory file.
    var diskBytes: Int64 {
        ["", "-wal", "-shm"].reduce(0) { $0 + Self.size(database + $1) }
    }

    /// Moves the database and its WAL aside and returns the new name.
    func quarantine() throws(StoreError) -> String {
        let target = halfMoved ?? freeName("damaged")
        if !isTaken(target) { try move(database + "-wal", to: target + "-wal") }
        // A power cut may keep a later name and lose an earlier one: the WAL would be left for another database, and
        // what it holds be lost with it.
        try check(calls.syncDirectory(directory))
        try move(database, to: target)
        _ = calls.remove(database + "-wal")
        _ = calls.remove(database + "-shm")
        // Syncs the directory, or the WAL might come back beside the log that is made next.
        try complete(target)
        return target
    }

    /// Puts an empty file in the place of a database that was gone when its WAL was put aside.
    ///
    /// A WAL alone stands for a move that was not finished: the next damaged database would be moved beside it, and the
    /// rows of one log be taken for those of the other's lanes.
    func complete(_ quarantined: String) throws(StoreError) {
        if access(quarantined, F_OK) != 0 {
            let descriptor = calls.create(quarantined)
            guard descriptor >= 0 else { throw .unwritable(path: quarantined, reason: Self.reason(-descriptor)) }
            calls.close(descriptor)
        }
        try check(calls.syncDirectory(directory))
    }

    /// Puts another database in the place of this one, which is kept under another name; nil when there was none.
    ///
    /// At no moment is there no database, as a hub would begin a new one. The WAL goes first: SQLite would take it for
    /// the new one's (https://sqlite.org/howtocorrupt.html section 1.4).
    func replace(by other: String) throws(StoreError) -> String? {
        let target = freeName("replaced")
        if Self.size(database + "-wal") > 0 {
            try move(database + "-wal", to: target + "-wal")
        } else {
            _ = calls.remove(database + "-wal")
        }
        _ = calls.remove(database + "-shm")
        try check(calls.syncDirectory(directory))
        let isThere = access(database, F_OK) == 0
        if isThere, link(database, target) != 0 { throw .failed(path: target, reason: Self.reason(errno)) }
        try move(other, to: database)
        try check(calls.syncDirectory(directory))
        return isThere ? target : nil
    }

    /// Removes what is left of a log that was being made.
    func clear(_ path: String) {
        for suffix in ["", "-wal", "-shm", "-journal"] { _ = calls.remove(path + suffix) }
    }

    /// Makes a file durable that SQLite has written without syncing it.
    func sync(_ path: String) throws(StoreError) {
        let descriptor = calls.open(path)
        guard descriptor >= 0 else { throw .unwritable(path: path, reason: Self.reason(-descriptor)) }
        defer { calls.close(descriptor) }
        try check(calls.sync(descriptor))
    }

    /// The newest name of ``quarantine()``; nil where nothing was put aside.
    var quarantined: String? {
        var newest: String?
        var number = 1
        while case let name = name("damaged", number), isTaken(name) {
            newest = name
            number += 1
        }
        return newest
    }

    /// Where a hub that was killed while it put the files aside had moved the WAL, and nothing more.
    private var halfMoved: String? {
        guard isMarkedDamaged, let name = quarantined, access(name, F_OK) != 0 else { return nil }
        // Whoever opens the database makes an empty one.
        return Self.size(database + "-wal") == 0 ? name : nil
    }

    private func freeName(_ word: String) -> String {
        var number = 1
        while isTaken(name(word, number)) { number += 1 }
        return name(word, number)
    }

    private func name(_ word: String, _ number: Int) -> String { "\(database).\(word)-\(number)" }

    private func isTaken(_ name: String) -> Bool {
        access(name, F_OK) == 0 || access(name + "-wal", F_OK) == 0
    }

    private func move(_ source: String, to target: String) throws(StoreError) {
        let code = calls.rename(source, target)
        if code != 0, code != ENOENT { throw .failed(path: source, reason: Self.reason(code)) }
    }

    /// The id in the identity file, or nil when there is none that can be read.
    func readIdentity() -> UInt64? {
        let descriptor = open(identity, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 16)
        guard bytes.withUnsafeMutableBytes({ read(descriptor, $0.baseAddress, 16) }) == 16 else { return nil }
        return UInt64(String(decoding: bytes, as: UTF8.self), radix: 16)
    }

    /// Exists while the database is known to be damaged, although it can be opened, and while it is salvaged.
    private var damageMark: String { directory + "/hub.damaged" }

    var isMarkedDamaged: Bool { access(damageMark, F_OK) == 0 }

    /// Lets the next opening salvage.
    func markDamaged() {
        let descriptor = calls.create(damageMark)
        if descriptor >= 0 { calls.close(descriptor) }
        _ = calls.syncDirectory(directory)
    }

    func unmarkDamaged() {
        _ = calls.remove(damageMark)
    }

    /// Up to which position retention had dropped the log, as the identity file says; 0 when it says nothing.
    ///
    /// What is dropped lies on in free pages, and salvage must not bring it back.
    func readDropped() -> Int64 {
        guard let file = RawFile(path: identity), file.size > 17, file.size < 64 else { return 0 }
        let text = String(decoding: file.bytes(at: 17, count: file.size - 17), as: UTF8.self)
        return text.split(separator: "\n").first.flatMap { Int64($0) } ?? 0
    }

    /// Writes the identity file by way of a temporary one, synced before it takes the name.
    func writeIdentity(_ id: UInt64, dropped: Int64 = 0) throws(StoreError) {
        let temporary = identity + ".new"
        let descriptor = calls.create(temporary)
        guard descriptor >= 0 else { throw .unwritable(path: temporary, reason: Self.reason(-descriptor)) }
        defer { calls.close(descriptor) }
        try check(
            calls.write(descriptor, Array((Epoch.name(of: id) + "\n" + (dropped > 0 ? "\(dropped)\n" : "")).utf8), 0)
        )
        try check(calls.sync(descriptor))
        try check(calls.rename(temporary, identity))
        try check(calls.syncDirectory(directory))
    }

    private func check(_ code: CInt) throws(StoreError) {
        guard code != 0 else { return }
        if code == ENOSPC || code == EDQUOT { throw .diskFull(path: identity) }
        throw .failed(path: identity, reason: Self.reason(code))
    }

    /// Bytes of a file, 0 where there is none.
    private static func size(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    static func reason(_ code: Int32) -> String {
        String(cString: strerror(code))
    }
}
