// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Events
import Glibc
import TestSupport
import Testing

@testable import Storage

@Suite struct AgentStoreDamageTests {
    let directory = StateDirectory()

    private var database: String { directory.path + "/store.db" }

    /// A store with some events that ended cleanly or, as a copy, did not.
    private func filled(_ count: Int = 100) async throws -> (lane: Lane, crashed: StateDirectory) {
        let store = try AgentStore.open(directory)
        for start in stride(from: 0, to: count, by: 10) {
            try await store.append((start..<start + 10).map { "payload-\($0)" })
        }
        let crashed = directory.copy()
        await store.close()
        return (store.lane(), crashed)
    }

    @Test(arguments: ["empty", "garbage", "truncated", "zeroed"])
    func `a damaged file is put aside and what was lost is a gap`(kind: String) async throws {
        let (lane, _) = try await filled()
        let bytes = StateDirectory.read(database)
        var generator = SeededGenerator(seed: 1)
        switch kind {
        case "empty": StateDirectory.write(database, [])
        case "garbage":
            StateDirectory.write(database, (0..<20_000).map { _ in .random(in: 0...255, using: &generator) })
        case "truncated": StateDirectory.write(database, Array(bytes[..<50]))
        default: StateDirectory.write(database, Array(bytes[..<100]) + Array(repeating: 0, count: bytes.count - 100))
        }
        let store = try AgentStore.open(directory) { $0.node = nil }
        #expect(directory.names.contains("store.db.damaged-1"))
        #expect(store.node == "node", "the name is known from the ceiling file")
        #expect(store.epoch.ordinal == 2)
        #expect(await store.contents(lane) == ["1-100 unreadable"], "the end is known, as the last end was clean")
        #expect(store.statistics().gaps == [.init(eventClass: .normal, reason: .unreadable, events: 100)])
        try await store.append(["new"])
        #expect(await store.contents(store.lane()) == ["new"])
        store.acknowledge(lane, SequenceSet(cumulative: 100), hub: 1)
        await store.close()
        let again = try AgentStore.open(directory)
        #expect(again.lanes().map(\.acknowledged) == [100, 0])
        await again.close()
    }

    @Test func `a database that is gone leaves gaps to the exact end while the machine stayed up`() async throws {
        let (lane, crashed) = try await filled()
        for name in ["/store.db", "/store.db-wal", "/store.db-shm"] { unlink(crashed.path + name) }
        let store = try AgentStore.open(crashed)
        #expect(await store.contents(lane) == ["1-100 unreadable"])
        await store.close()
    }

    @Test func `after a reboot nobody knows the end of what is gone`() async throws {
        let (lane, crashed) = try await filled()
        for name in ["/store.db", "/store.db-wal", "/store.db-shm"] { unlink(crashed.path + name) }
        Self.reboot(crashed)
        let store = try AgentStore.open(crashed)
        #expect(await store.contents(lane) == ["1-65536 unreadable?"])
        await store.close()
    }

    @Test func `a reboot alone makes no gap`() async throws {
        let (lane, crashed) = try await filled()
        Self.reboot(crashed)
        let store = try AgentStore.open(crashed)
        #expect(await store.contents(lane) == (0..<100).map { "payload-\($0)" })
        await store.close()
    }

    @Test func `a lost WAL is a gap at the end of its lane`() async throws {
        let (lane, crashed) = try await filled()
        // The tables were checkpointed by closing; make a run whose events are in the WAL alone.
        let opened = try AgentStore.open(directory)
        await opened.close()
        let running = try AgentStore.open(directory)
        let before = directory.copy()
        try await running.append(["1", "2", "3"])
        let after = directory.copy()
        StateDirectory.write(after.path + "/store.db-wal", StateDirectory.read(before.path + "/store.db-wal"))
        let store = try AgentStore.open(after)
        #expect(await store.contents(running.lane()) == ["1-3 unreadable"])
        #expect(await store.contents(lane).count == 100)
        await store.close()
        await running.close()
        _ = crashed
    }

    @Test func `an older copy gets a new epoch and reuses nothing`() async throws {
        let (lane, crashed) = try await filled()
        let original = try AgentStore.open(directory)
        try await original.append(["original"])
        let restored = try AgentStore.open(crashed)
        try await restored.append(["restored"])
        #expect(original.epoch.id != restored.epoch.id)
        #expect(original.storeID == restored.storeID)
        #expect(original.lane() != restored.lane())
        let state = restored.lanes().first { $0.lane == lane }
        #expect(state?.last == 100 && state?.ceiling == 65_536, "the copy was made while the store was open")
        await original.close()
        await restored.close()
    }

    @Test func `a flipped bit is a gap of one event, remembered`() async throws {
        let (lane, _) = try await filled()
        var bytes = StateDirectory.read(database)
        let target = Array("payload-42".utf8)
        // Pages that were split keep old copies of rows in their free space.
        let found = bytes.indices.filter { bytes[$0...].starts(with: target) }
        #expect(!found.isEmpty)
        for position in found { bytes[position + 3] ^= 1 }
        StateDirectory.write(database, bytes)
        let store = try AgentStore.open(directory)
        var expected = (0..<100).map { "payload-\($0)" }
        expected[42] = "43-43 unreadable"
        #expect(await store.contents(lane) == expected)
        #expect(await store.settles { $0.backlogEvents == 99 })
        await store.close()
        let again = try AgentStore.open(directory)
        #expect(again.statistics().gaps == [.init(eventClass: .normal, reason: .unreadable, events: 1)])
        #expect(await again.contents(lane) == expected)
        await again.close()
    }

    @Test func `pages overwritten with anything never stop the start or a lane`() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let (lane, _) = try await filled(3000)
        let bytes = StateDirectory.read(database)
        for _ in 0..<40 {
            let directory = self.directory.copy()
            var damaged = bytes
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let page = Int.random(in: 0..<bytes.count / 4096, using: &generator) * 4096
                for offset in page..<page + 4096 { damaged[offset] = .random(in: 0...255, using: &generator) }
            }
            StateDirectory.write(directory.path + "/store.db", damaged)
            var store = try AgentStore.open(directory)
            if case .failed = await store.readAll(lane).last {
                // More than single rows: the next start saves what can be read.
                await store.close()
                store = try AgentStore.open(directory)
            }
            var next: UInt64 = 1
            for slice in await store.readAll(lane) {
                switch slice {
                case .events(let block):
                    for index in 0..<block.count {
                        #expect(block.records[index].sequence == next, "seed \(seed)")
                        #expect(Array(block.payload(at: index)) == Array("payload-\(next - 1)".utf8), "seed \(seed)")
                        next += 1
                    }
                case .gap(let gap):
                    #expect(gap.first == next, "seed \(seed)")
                    next = gap.last + 1
                default: Issue.record("\(slice), seed \(seed)")
                }
            }
            #expect(next == 3001, "each event or its gap; seed \(seed)")
            await store.close()
        }
    }

    @Test func `a newer format is refused and left alone`() async throws {
        _ = try await filled()
        var handle: OpaquePointer?
        sqlite3_open(database, &handle)
        sqlite3_exec(handle, "CREATE TABLE newer (id); PRAGMA user_version = 7", nil, nil, nil)
        sqlite3_close(handle)
        let files = { [directory] in directory.names.map { ($0, StateDirectory.read("\(directory.path)/\($0)")) } }
        let before = files()
        #expect(throws: StoreError.newerVersion(path: database, found: 7, supported: StoreDatabase.version)) {
            try AgentStore.open(directory)
        }
        let after = files()
        #expect(after.map(\.0) == before.map(\.0), "no file was made, not even an empty WAL")
        #expect(after.map(\.1) == before.map(\.1))
    }

    @Test func `a directory that cannot be written is named`() {
        #expect(throws: StoreError.self) {
            try AgentStore.open(directory) { $0.directory = "/proc/sluice" }
        }
        do {
            _ = try AgentStore.open(directory) { $0.directory = "/proc/sluice" }
        } catch let error as StoreError {
            guard case .unwritable("/proc/sluice", _) = error else {
                Issue.record("\(error)")
                return
            }
        } catch {
            Issue.record("\(error)")
        }
    }

    /// Makes the ceiling file look as if it came from another run of the kernel.
    private static func reboot(_ directory: StateDirectory) {
        var bytes = StateDirectory.read(directory.path + "/ceiling")
        bytes[45] ^= 0xff
        let checksum = XXHash64.hash(Array(bytes[..<504]).span.bytes)
        withUnsafeBytes(of: checksum.bigEndian) { bytes.replaceSubrange(504..<512, with: Array($0)) }
        StateDirectory.write(directory.path + "/ceiling", bytes)
    }
}
