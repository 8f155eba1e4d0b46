// SPDX-License-Identifier: Apache-2.0

import Glibc
import Storage
import Synchronization
import TestSupport
import Testing

/// A damaged log that is put aside while the power goes: names that were not synced may be kept or lost in any order.
@Suite(.timeLimit(.minutes(1))) struct HubLogPutAsideTests {
    /// Renames and syncs of the directory, as they came.
    private final class Calls: Sendable {
        let all = Mutex<[String]>([])

        var recording: SystemCalls {
            var calls = SystemCalls.kernel
            let (rename, syncDirectory) = (calls.rename, calls.syncDirectory)
            calls.rename = { path, target in
                self.all.withLock { $0.append("rename " + (path.split(separator: "/").last ?? "")) }
                return rename(path, target)
            }
            calls.syncDirectory = { path in
                self.all.withLock { $0.append("sync") }
                return syncDirectory(path)
            }
            return calls
        }
    }

    private func damaged() async throws -> (fixture: HubLogFixture, database: String) {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...10)
        await log.close()
        let database = fixture.directory + "/hub/hub.db"
        var bytes = try #require(HubLogFixture.contents(database))
        bytes.replaceSubrange(0..<100, with: repeatElement(0, count: 100))
        try HubLogFixture.write(bytes, to: database)
        return (fixture, database)
    }

    @Test func `the WAL has moved for good before the database does`() async throws {
        let (fixture, _) = try await damaged()
        let calls = Calls()
        let log = try fixture.open { $0.calls = calls.recording }
        #expect(try await log.all().sequences(of: .sample()) == Array(1...10))
        await log.close()
        let order = calls.all.withLock(\.self)
        let wal = try #require(order.firstIndex(of: "rename hub.db-wal"))
        #expect(Array(order[wal...].prefix(3)) == ["rename hub.db-wal", "sync", "rename hub.db"])
    }

    /// It is known by its WAL, which has no database: as if only the WAL had been moved yet.
    @Test func `what was put aside before is not mixed with what is put aside now`() async throws {
        let fixture = try HubLogFixture()
        let database = fixture.directory + "/hub/hub.db"
        let first = try fixture.open()
        _ = try await first.land(1...10, lane: .sample(1), salt: 1)
        await first.close()
        // Only the WAL is left of the first log.
        remove(database)
        try HubLogFixture.write([UInt8](repeating: 9, count: 8_192), to: database + "-wal")
        let second = try fixture.open()
        _ = try await second.land(1...10, lane: .sample(2), salt: 2)
        await second.close()
        #expect(HubLogFixture.names(in: fixture.directory + "/hub").contains("hub.db.damaged-1"))
        // And of the second only the database, with a damaged header.
        remove(database + "-wal")
        var bytes = try #require(HubLogFixture.contents(database))
        bytes.replaceSubrange(0..<100, with: repeatElement(0, count: 100))
        try HubLogFixture.write(bytes, to: database)
        await (try fixture.open()).close()
        #expect(HubLogFixture.contents(database + ".damaged-2") == bytes)
        #expect(HubLogFixture.contents(database + ".damaged-1")?.isEmpty == true)
    }

    @Test func `an empty WAL that came back does not hide what was put aside`() async throws {
        let (fixture, database) = try await damaged()
        rename(database + "-wal", database + ".damaged-1-wal")
        rename(database, database + ".damaged-1")
        try HubLogFixture.write([], to: database + "-wal")
        try HubLogFixture.write([], to: fixture.directory + "/hub/hub.damaged")
        let log = try fixture.open()
        #expect(try await log.all().sequences(of: .sample()) == Array(1...10))
        await log.close()
    }
}
