// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import Synchronization
import Testing

/// Damage that the hub's log meets while it runs.
@Suite(.timeLimit(.minutes(1))) struct HubLogMetDamageTests {
    private let fixture: HubLogFixture
    private let other = Lane.sample(0xE1, 2)

    init() throws {
        fixture = try HubLogFixture()
    }

    /// A log that was opened anew, and what it says of a lane made wrong since: it has not looked at any yet.
    private func spoiled() async throws -> HubLog {
        let log = try fixture.open()
        _ = try await log.land(1...10)
        _ = try await log.land(1...5, lane: other)
        await log.close()
        let again = try fixture.open()
        let database = try SQLiteConnection(path: fixture.directory + "/hub/hub.db")
        try database.execute("UPDATE lanes SET cumulative = cumulative + 5 WHERE partition = 1")
        return again
    }

    @Test func `it is told once, nothing more is written, and a new opening goes on`() async throws {
        let log = try await spoiled()
        let told = Mutex<[StoreError]>([])
        log.onDamage { error in told.withLock { $0.append(error) } }
        let fault = await #expect(throws: StoreError.self) { try await log.land(11...12) }
        guard case .damaged(fixture.directory + "/hub/hub.db", _) = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
        #expect(told.withLock(\.self) == [fault])
        await #expect(throws: StoreError.self) { try await log.land(6...7, lane: other) }
        log.onDamage { error in told.withLock { $0.append(error) } }
        #expect(told.withLock(\.self) == [fault, fault], "who asks late is told, too; who was told is not told again")
        await log.close()
        let again = try fixture.open()
        let entries = try await again.all()
        #expect(entries.sequences(of: .sample()) == Array(1...10))
        #expect(entries.sequences(of: other) == Array(1...5))
        #expect(try await again.land(11...12).new == 2)
        #expect(try await again.land(1...10).new == 0)
        await again.close()
        #expect(HubLogFixture.names(in: fixture.directory + "/hub").contains("hub.db.damaged-1"))
    }

    @Test func `a reader that meets it tells, too`() async throws {
        let log = try await spoiled()
        let told = Mutex<[StoreError]>([])
        log.onDamage { error in told.withLock { $0.append(error) } }
        // What landed before this opening comes from the file, where the table is not where the schema says it is.
        let database = try SQLiteConnection(path: fixture.directory + "/hub/hub.db")
        try database.execute(
            """
            PRAGMA writable_schema = ON; UPDATE sqlite_schema SET rootpage = 1 << 20 WHERE name = 'log_1';
            PRAGMA schema_version = 99
            """
        )
        let fault = await #expect(throws: StoreError.self) { try await log.read(after: 0, maximumBytes: 1_000) }
        #expect(told.withLock(\.self) == [fault])
        guard case .damaged = fault else {
            Issue.record("\(String(describing: fault))")
            return
        }
        await log.close()
    }
}
