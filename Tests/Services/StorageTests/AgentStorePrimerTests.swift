// SPDX-License-Identifier: Apache-2.0

import Batching
import CSQLite
import Events
import Storage
import Testing

@Suite struct AgentStorePrimerTests {
    let directory = StateDirectory()

    private static func primer(_ salt: Int) throws -> Primer {
        var trainer = PrimerTrainer(limit: 1_000)
        var block = EventBlock()
        for index in 1...20 {
            block.append(
                sequence: UInt64(index),
                timestamp: Int64(index),
                topic: "a/\(salt)",
                payload: Array("{\"v\":\(index)}".utf8)
            )
        }
        trainer.observe(block, 0..<block.count)
        return try #require(trainer.makePrimer())
    }

    private func execute(_ sql: String) throws {
        var handle: OpaquePointer?
        defer { sqlite3_close(handle) }
        try #require(sqlite3_open(directory.path + "/store.db", &handle) == SQLITE_OK)
        try #require(sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK)
    }

    @Test func `primers outlive the agent, the newest last`() async throws {
        let store = try AgentStore.open(directory)
        #expect(store.primers.isEmpty)
        let (one, two, three) = (try Self.primer(1), try Self.primer(2), try Self.primer(3))
        store.keep([one])
        store.keep([two, three])
        await store.close()
        let again = try AgentStore.open(directory)
        #expect(again.primers.map(\.identifier) == [two, three].map(\.identifier))
        #expect(again.primers.map(\.bytes) == [two, three].map(\.bytes))
        await again.close()
    }

    @Test func `a damaged primer is left out and nothing else suffers`() async throws {
        let store = try AgentStore.open(directory)
        try await store.append(EventBlock.sample(1...3))
        let (one, two) = (try Self.primer(1), try Self.primer(2))
        store.keep([one, two])
        await store.close()
        try execute("UPDATE primers SET bytes = x'10' WHERE id = 1")
        let again = try AgentStore.open(directory)
        #expect(again.primers.map(\.identifier) == [two.identifier])
        #expect(again.statistics().backlogEvents == 3)
        await again.close()
    }

    @Test func `a store of the format before it is taken over with all that it holds`() async throws {
        let store = try AgentStore.open(directory)
        try await store.append(EventBlock.sample(1...3))
        await store.close()
        try execute(
            """
            DROP TABLE primers; DROP TABLE clocks; DROP TABLE running; ALTER TABLE segments DROP COLUMN packed_from;
            PRAGMA user_version = 1
            """
        )
        let again = try AgentStore.open(directory)
        #expect(again.statistics().backlogEvents == 3 && again.storeID == store.storeID)
        let primer = try Self.primer(1)
        again.keep([primer])
        await again.close()
        let third = try AgentStore.open(directory)
        #expect(third.primers.map(\.identifier) == [primer.identifier])
        await third.close()
    }
}
