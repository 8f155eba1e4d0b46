// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import TestSupport
import Testing

@testable import Storage

@Suite struct AgentStoreRecordTests {
    private let directory = StateDirectory()

    private func append(_ store: AgentStore, _ block: EventBlock, _ changes: [StateChange]) async throws {
        try await withCheckedContinuation { continuation in
            store.append(block, changes: changes) { continuation.resume(returning: $0) }
        }.get()
    }

    private func put(_ number: UInt64, _ text: String) -> StateChange {
        .put(StateRecord(number: number, body: Array(text.utf8)))
    }

    private func inode(_ directory: StateDirectory) -> UInt64 {
        var status = stat()
        #expect(stat(directory.path + "/store.db", &status) == 0)
        return UInt64(status.st_ino)
    }

    private func texts(_ store: AgentStore) -> [String] {
        store.records.map { "\($0.number) \(String(decoding: $0.body, as: UTF8.self))" }
    }

    @Test func `changes that were answered are there after a crash, with their events`() async throws {
        let store = try AgentStore.open(directory)
        #expect(store.records.isEmpty)
        try await append(store, EventBlock(["event"], topic: "t"), [put(7, "seven"), put(9, "nine")])
        try await append(store, EventBlock(), [put(8, "eight"), .remove(9), put(7, "again")])
        let crashed = directory.copy()
        await store.close()
        for place in [directory, crashed] {
            let file = inode(place)
            let again = try AgentStore.open(place)
            #expect(inode(place) == file, "nothing was damaged, and so nothing salvaged")
            #expect(texts(again) == ["7 again", "8 eight"])
            #expect(await again.contents(store.lane()) == ["event"])
            await again.close()
        }
    }

    @Test func `noted changes are written before what is asked for later`() async throws {
        let store = try AgentStore.open(directory)
        try await append(store, EventBlock(), [put(1, "old")])
        store.note([.remove(1)])
        try await append(store, EventBlock(), [put(2, "new")])
        let crashed = directory.copy()
        store.note([put(3, "last")])
        await store.close()
        let early = try AgentStore.open(crashed)
        #expect(texts(early) == ["2 new"])
        await early.close()
        let late = try AgentStore.open(directory)
        #expect(texts(late) == ["2 new", "3 last"], "a clean end writes all down")
        await late.close()
    }

    @Test func `noted changes are written down soon though nothing else is`() async throws {
        let store = try AgentStore.open(directory)
        store.note([put(1, "noted")])
        let database = try SQLiteConnection(path: directory.path + "/store.db", readOnly: true)
        let end = ContinuousClock.now + .seconds(5)
        while try database.integer("SELECT count(*) FROM records") == 0, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(5))
        }
        #expect(try database.integer("SELECT count(*) FROM records") == 1)
        await store.close()
    }

    @Test func `a damaged record is left out, and the others are not`() async throws {
        let store = try AgentStore.open(directory)
        try await append(store, EventBlock(), (1...9).map { put($0, "record \($0)") })
        await store.close()
        let database = try SQLiteConnection(path: directory.path + "/store.db")
        try database.execute("UPDATE records SET body = CAST(body || 'x' AS BLOB) WHERE number = 5")
        try database.execute("UPDATE records SET number = 20 WHERE number = 6")
        try database.execute("UPDATE records SET body = x'00' WHERE number = 7")
        let again = try AgentStore.open(directory)
        #expect(again.records.map(\.number) == [1, 2, 3, 4, 8, 9])
        await again.close()
    }

    @Test func `what can be read of the records survives a salvage`() async throws {
        let store = try AgentStore.open(directory)
        try await append(store, EventBlock(["event"], topic: "t"), [put(1, "one"), put(2, "two")])
        await store.close()
        // The table that every opening needs.
        try SQLiteConnection(path: directory.path + "/store.db").execute("DROP TABLE segments")
        let again = try AgentStore.open(directory)
        #expect(texts(again) == ["1 one", "2 two"])
        #expect(await again.contents(store.lane()) == ["event"])
        await again.close()
    }
}
