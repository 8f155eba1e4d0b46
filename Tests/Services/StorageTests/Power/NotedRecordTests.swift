// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import TestSupport
import Testing

/// What was noted before an append that was acknowledged outlives a power cut.
@Suite(.timeLimit(.minutes(1))) struct NotedRecordTests {
    private func open(_ disk: PowerDisk) throws -> AgentStore {
        var configuration = StoreConfiguration(directory: disk.directory)
        configuration.pauseFactor = 0.01
        configuration.vfs = disk.vfs
        configuration.calls = SystemCalls(disk)
        return try AgentStore.open(configuration, randomID: AgentStore.freshID, logger: AgentStore.quiet)
    }

    private func append(_ changes: [StateChange], to store: AgentStore) async throws {
        try await withCheckedContinuation { continuation in
            store.append(EventBlock(), changes: changes) { continuation.resume(returning: $0) }
        }.get()
    }

    @Test(arguments: UInt64(1)...20)
    func `also one that changes nothing, while the note is written but not synced`(seed: UInt64) async throws {
        let disk = PowerDisk(seed: seed)
        let store = try open(disk)
        let before = disk.changes
        let record = StateRecord(number: 7, body: [1, 2, 3])
        store.note([.put(record)])
        for _ in 0..<2_000 where disk.changes == before { try await Task.sleep(for: .milliseconds(1)) }
        #expect(disk.changes > before, "it was written by itself")
        try await append([.remove(99)], to: store)
        disk.cutNow()
        await store.close()
        disk.restart()
        let again = try open(disk)
        #expect(again.records.map(\.body) == [record.body])
        await again.close()
        disk.remove()
    }
}
