// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Storage
import TestSupport
import Testing

/// A change fails while a store is being closed, and later the power goes: the file is as it was at one commit.
@Suite(.timeLimit(.minutes(5))) struct ClosingFaultTests {
    private static let numbers: ClosedRange<UInt64> = 1...8
    private static let half: ClosedRange<UInt64> = 1...4

    private func open(_ disk: PowerDisk) throws -> AgentStore {
        var configuration = StoreConfiguration(directory: disk.directory)
        configuration.vfs = disk.vfs
        configuration.calls = SystemCalls(disk)
        return try AgentStore.open(configuration, randomID: AgentStore.freshID, logger: AgentStore.quiet)
    }

    /// Records of about a page each.
    private func changes(_ numbers: ClosedRange<UInt64>, version: UInt8) -> [StateChange] {
        numbers.map { .put(StateRecord(number: $0, body: [UInt8](repeating: version, count: 3_000))) }
    }

    private func append(_ changes: [StateChange], to store: AgentStore) async throws {
        try await withCheckedContinuation { continuation in
            store.append(EventBlock(["x"]), changes: changes) { continuation.resume(returning: $0) }
        }.get()
    }

    /// A store whose WAL has half of the records in version 2, and that has been asked to note all in version 3; the
    /// database has version 1.
    private func prepare(_ disk: PowerDisk) async throws -> AgentStore {
        let first = try open(disk)
        try await append(changes(Self.numbers, version: 1), to: first)
        await first.close()
        let store = try open(disk)
        try await append(changes(Self.half, version: 2), to: store)
        store.note(changes(Self.numbers, version: 3))
        return store
    }

    private func versions(_ store: AgentStore) -> [[UInt8]] {
        let versions = store.records.map { $0.body[0] }
        return [Array(Set(versions.prefix(Self.half.count))), Array(Set(versions.dropFirst(Self.half.count)))]
    }

    @Test func `every change at closing fails in turn`() async throws {
        let whole = PowerDisk(seed: 1)
        let store = try await prepare(whole)
        let before = whole.changes
        await store.close()
        let count = whole.changes - before
        whole.remove()
        var seen: Set<[[UInt8]]> = []
        for call in 1...count {
            for seed in UInt64(1)...16 {
                let disk = PowerDisk(seed: seed << 32 | UInt64(call))
                let store = try await prepare(disk)
                disk.fail(call...call, with: EIO)
                await store.close()
                disk.restart()
                let again = try open(disk)
                let found = versions(again)
                #expect([[[2], [1]], [[3], [3]]].contains(found), "call \(call), seed \(seed)")
                seen.insert(found)
                await again.close()
                disk.remove()
            }
        }
        #expect(seen.count == 2, "both are met")
    }
}
