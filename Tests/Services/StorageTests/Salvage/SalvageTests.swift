// SPDX-License-Identifier: Apache-2.0

import Batching
import CSQLite
import Events
import Glibc
import TestSupport
import Testing

@testable import Storage

@Suite struct SalvageTests {
    let directory = StateDirectory()

    private var database: String { directory.path + "/store.db" }

    /// A store whose files are as a killed agent leaves them.
    private func crashed(_ count: Int = 300) async throws -> (lane: Lane, payloads: [String], StateDirectory) {
        let store = try AgentStore.open(directory)
        let payloads = (0..<count).map { "payload-\($0)" }
        for start in stride(from: 0, to: count, by: 10) {
            try await store.append(Array(payloads[start..<min(count, start + 10)]))
        }
        let copy = directory.copy()
        await store.close()
        return (store.lane(), payloads, copy)
    }

    private static func change(_ path: String, _ change: (inout [UInt8]) -> Void) {
        var bytes = StateDirectory.read(path)
        change(&bytes)
        StateDirectory.write(path, bytes)
    }

    @Test func `a damaged header costs no event, no epoch and no name`() async throws {
        let (lane, payloads, crashed) = try await crashed()
        Self.change(crashed.path + "/store.db") {
            $0.replaceSubrange(0..<100, with: Array(repeating: 0xaa, count: 100))
        }
        let store = try AgentStore.open(crashed) { $0.node = nil }
        #expect(await store.contents(lane) == payloads)
        #expect(store.node == "node" && store.epoch.ordinal == 2)
        #expect(store.statistics().gaps.isEmpty)
        #expect(store.statistics().damagedBytes == 0, "all was found, so nothing is kept")
        #expect(!crashed.names.contains { $0.contains("damaged") || $0.contains("salvag") })
        await store.close()
    }

    @Test func `one bit in the WAL hides nothing`() async throws {
        let (lane, payloads, crashed) = try await crashed()
        Self.change(crashed.path + "/store.db-wal") { $0[32 + 24 + 200] ^= 1 }
        let store = try AgentStore.open(crashed)
        #expect(await store.contents(lane).suffix(200) == payloads.suffix(200))
        await store.close()
    }

    @Test func `after a power cut, known events behind a broken frame are found`() async throws {
        let (lane, payloads, crashed) = try await crashed()
        let frames = (StateDirectory.read(crashed.path + "/store.db-wal").count - 32) / 4120
        Self.change(crashed.path + "/store.db-wal") { $0[32 + frames / 2 * 4120 + 24 + 4000] ^= 1 }
        let store = try AgentStore.open(crashed) { $0.calls.bootID = { Array(repeating: 7, count: 16) } }
        let found = await store.contents(lane)
        let lost = payloads.count - found.count { $0.hasPrefix("payload") }
        #expect(lost <= 1, "at most the row that the bit was in: \(found.filter { !$0.hasPrefix("payload") })")
        #expect(!crashed.names.contains { $0.contains("salvaging") })
        await store.close()
    }

    @Test func `frames behind a torn one are left to SQLite where nothing says that they were synced`() async throws {
        let (lane, payloads, crashed) = try await crashed()
        let frames = (StateDirectory.read(crashed.path + "/store.db-wal").count - 32) / 4120
        Self.change(crashed.path + "/store.db-wal") { $0[32 + frames / 2 * 4120 + 24 + 4000] ^= 1 }
        // Without it nothing says that the power did not go before those frames were synced.
        unlink(crashed.path + "/ceiling")
        let store = try AgentStore.open(crashed)
        let found = await store.contents(lane)
        #expect(found == Array(payloads.prefix(found.count)) && found.count < payloads.count)
        #expect(!crashed.names.contains { $0.contains("salvag") || $0.contains("damaged") })
        await store.close()
    }

    @Test func `a database without its WAL's owner is made of the WAL alone`() async throws {
        let (lane, payloads, crashed) = try await crashed()
        unlink(crashed.path + "/store.db")
        let store = try AgentStore.open(crashed)
        #expect(await store.contents(lane) == payloads)
        await store.close()
    }

    @Test func `the WAL of another store is not taken`() async throws {
        let (lane, payloads, crashed) = try await crashed()
        let other = StateDirectory()
        let foreign = try AgentStore.open(other)
        try await foreign.append(["foreign-1", "foreign-2"])
        // What the WAL held is in the database first.
        let first = try AgentStore.open(crashed)
        await first.close()
        StateDirectory.write(crashed.path + "/store.db-wal", StateDirectory.read(other.path + "/store.db-wal"))
        let store = try AgentStore.open(crashed)
        #expect(await store.contents(lane) == payloads)
        #expect(store.lanes().allSatisfy { $0.lane.epoch != foreign.epoch.id })
        #expect(crashed.names.contains("store.db.damaged-1-wal"), "kept for people")
        await store.close()
        await foreign.close()
    }

    @Test(arguments: ["directory", "link"])
    func `what is not a file is moved away`(kind: String) async throws {
        let (lane, _, crashed) = try await crashed()
        for name in ["/store.db", "/store.db-wal", "/store.db-shm"] { unlink(crashed.path + name) }
        if kind == "directory" {
            mkdir(crashed.path + "/store.db", 0o755)
        } else {
            symlink("/nowhere/at/all", crashed.path + "/store.db")
        }
        let store = try AgentStore.open(crashed)
        #expect(await store.contents(lane) == ["1-300 unreadable"])
        try await store.append(["new"])
        #expect(await store.contents(store.lane()) == ["new"])
        await store.close()
    }

    @Test func `a tree that is torn below its root is found while reading and mended by a new start`() async throws {
        let (lane, payloads, _) = try await crashed(3000)
        let root = try SQLiteConnection(path: database).integer(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'segment_1'"
        )
        let start = (Int(root ?? 0) - 1) * 4096
        Self.change(database) { $0.replaceSubrange(start..<start + 4096, with: Array(repeating: 0, count: 4096)) }
        let store = try AgentStore.open(directory)
        let found = await store.contents(lane)
        if found != payloads {
            #expect(found.last?.contains("is damaged") == true)
            #expect(store.statistics().trouble != nil)
            await #expect(throws: StoreError.self) { try await store.append(["refused"]) }
        }
        await store.close()
        let again = try AgentStore.open(directory)
        #expect(await again.contents(lane) == payloads)
        await again.close()
    }

    @Test func `acknowledged events are not offered again`() async throws {
        let store = try AgentStore.open(directory)
        try await store.append((0..<100).map { "payload-\($0)" })
        store.acknowledge(store.lane(), SequenceSet(cumulative: 60), hub: 3)
        await store.close()
        Self.change(database) { $0.replaceSubrange(0..<16, with: Array(repeating: 0, count: 16)) }
        let again = try AgentStore.open(directory)
        let state = again.lanes().first
        #expect(state?.lane == store.lane())
        #expect(await again.contents(store.lane(), from: 61) == (60..<100).map { "payload-\($0)" })
        #expect(again.statistics().backlogEvents == 40)
        #expect(again.statistics().gaps.isEmpty)
        await again.close()
    }

    @Test func `a salvage that is stopped at any step goes on at the next start`() async throws {
        let (lane, payloads, crashed) = try await crashed()
        Self.change(crashed.path + "/store.db") { $0.replaceSubrange(0..<16, with: Array(repeating: 0, count: 16)) }
        let path = crashed.path + "/store.db"
        let moved = crashed.copy()
        rename(moved.path + "/store.db", moved.path + "/store.db.salvaging")
        let half = moved.copy()
        rename(half.path + "/store.db-wal", half.path + "/store.db.salvaging-wal")
        StateDirectory.write(half.path + "/store.db.new", Array("nonsense".utf8))
        let done = crashed.copy()
        let first = try AgentStore.open(done)
        await first.close()
        StateDirectory.write(done.path + "/store.db.salvaging", StateDirectory.read(path))
        for directory in [crashed, moved, half, done] {
            let store = try AgentStore.open(directory)
            #expect(await store.contents(lane) == payloads)
            #expect(!directory.names.contains { $0.hasSuffix("salvaging") || $0.hasSuffix(".new") })
            await store.close()
        }
    }

    @Test func `a smaller budget gives up the oldest bulk first`() async throws {
        let store = try AgentStore.open(directory) { $0.maximumBytes = 64 << 20 }
        let filler = String(repeating: "f", count: 2000)
        for eventClass in EventClass.allCases {
            for _ in 0..<20 { try await store.append((0..<50).map { "\($0) \(filler)" }, eventClass: eventClass) }
        }
        await store.close()
        Self.change(database) { $0.replaceSubrange(0..<16, with: Array(repeating: 0, count: 16)) }
        let again = try AgentStore.open(directory) { $0.maximumBytes = 6 << 20 }
        let gaps = again.statistics().gaps
        #expect(gaps.allSatisfy { $0.reason == .bufferFull && $0.eventClass != .alarm })
        #expect(gaps.contains { $0.eventClass == .bulk })
        #expect(await again.contents(store.lane(.alarm)).count == 1000)
        var seen = 0
        for slice in await again.readAll(store.lane(.bulk)) {
            if case .gap(let gap) = slice {
                seen += Int(gap.count)
            } else if case .events(let block) = slice {
                seen += block.count
            }
        }
        #expect(seen == 1000)
        await again.close()
    }

    @Test(arguments: [true, false])
    func `a page whose directory has lost a row, or says one twice, is gone through`(isShortened: Bool) async throws {
        let store = try AgentStore.open(directory)
        try await store.append((0..<20).map { "payload-\($0)" })
        await store.close()
        let root = try SQLiteConnection(path: database).integer(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'segment_1'"
        )
        let page = (Int(root ?? 0) - 1) * 4096
        Self.change(database) { bytes in
            bytes.replaceSubrange(0..<16, with: Array(repeating: 0, count: 16))
            if isShortened {
                bytes[page + 4] = 7
            } else {
                bytes.replaceSubrange(page + 18..<page + 20, with: bytes[page + 8..<page + 10])
            }
        }
        let again = try AgentStore.open(directory)
        #expect(await again.contents(store.lane()) == (0..<20).map { "payload-\($0)" })
        #expect(again.statistics().gaps.isEmpty)
        await again.close()
    }

    @Test func `a store full of packs keeps them packed, within the same budget`() async throws {
        let store = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        store.keep([try Telemetry.primer()])
        var telemetry = Telemetry()
        // More than fits the budget as rows.
        for round in 0..<60 {
            try await store.append(telemetry.next(500))
            if round % 6 == 5 { _ = try await store.packAll() }
        }
        let before = store.statistics()
        let wanted = await store.events(store.lane())
        #expect(before.gaps.isEmpty, "\(before.gaps)")
        await store.close()
        Self.change(database) { $0.replaceSubrange(0..<16, with: Array(repeating: 0, count: 16)) }
        let again = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        #expect(again.statistics().gaps.isEmpty)
        #expect(await again.events(store.lane()) == wanted)
        let terms = PackTerms(limit: 1_160, primers: [], plain: true, maximumBytes: 4 << 10)
        let primer = try Telemetry.primer().identifier
        let primed = PackTerms(limit: 1_160, primers: [primer], plain: true, maximumBytes: 4 << 10)
        let (plain, ready) = (
            await again.packs(store.lane(), from: 1, terms), await again.packs(store.lane(), from: 1, primed)
        )
        #expect(plain != nil || ready != nil, "and ready to be sent as they are")
        await again.close()
    }
}
