// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import TestSupport
import Testing

@testable import Storage

@Suite struct StoreViewTests {
    let directory = StateDirectory(inMemory: true)

    /// A store with an old epoch that is packed and that a hub has some of, and one with rows.
    private func filled() async throws -> (store: AgentStore, old: Lane) {
        let old = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        var telemetry = Telemetry()
        for _ in 0..<4 { try await old.append(telemetry.next(500)) }
        await old.close()
        let middle = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        #expect(try await middle.packAll() > 0)
        try await middle.append(telemetry.next(50, .alarm))
        middle.acknowledge(old.lane(), SequenceSet(cumulative: 700), hub: 5)
        // Writes down at once what is acknowledged.
        await middle.close()
        return (try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }, old.lane())
    }

    private func described(_ view: StoreView) throws -> [String] {
        var lines: [String] = []
        try view.read { piece in
            switch piece {
            case .events(let events): lines += events.block.described.map { "\(events.lane.epoch) \($0)" }
            case .gap(let gap): lines.append("\(gap.first)-\(gap.last) \(gap.reason.name)")
            }
        }
        return lines
    }

    private func wanted(_ store: AgentStore) async -> [String] {
        var lines: [String] = []
        for state in store.lanes() {
            lines += await store.events(state.lane, from: state.acknowledged + 1).map { "\(state.lane.epoch) \($0)" }
        }
        return lines
    }

    /// What every file holds, but for the lock and the index of the WAL.
    private var files: [String: [UInt8]] {
        let names = directory.names.filter { !$0.hasSuffix("-shm") && $0 != "lock" }
        return Dictionary(uniqueKeysWithValues: names.map { ($0, StateDirectory.read(directory.path + "/" + $0)) })
    }

    @Test func `what waits is read while the agent runs and after it, rows and packs alike`() async throws {
        let (store, _) = try await filled()
        let wanted = await wanted(store)
        #expect(wanted.count == 1_350)
        let running = try StoreView(directory: directory.path)
        #expect(running.isRunning)
        #expect(try described(running) == wanted)
        await store.close()
        let before = files
        let stopped = try StoreView(directory: directory.path)
        #expect(!stopped.isRunning)
        #expect(try described(stopped) == wanted)
        #expect(files == before, "looking changes nothing")
    }

    @Test func `segments that are dropped meanwhile are looked up again`() async throws {
        let (store, old) = try await filled()
        let view = try StoreView(directory: directory.path)
        store.acknowledge(old, SequenceSet(cumulative: 2_000), hub: 5)
        await store.close()
        let again = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        #expect(try described(view).count == 50)
        await again.close()
    }

    @Test func `the facts say what is there, how old, and for whom`() async throws {
        let (store, _) = try await filled()
        let facts = try StoreView(directory: directory.path).facts()
        #expect(facts.storeID == store.storeID && facts.node == "node" && facts.isRunning && facts.epochs == 3)
        #expect(facts.events == 1_350 && facts.packedEvents > 0)
        #expect(facts.lanes.map(\.events) == [1_300, 50])
        #expect(facts.lanes.map(\.first) == [701, 1])
        #expect(facts.lanes.first?.oldest == 1_790_000_017_500)
        #expect(facts.hubs == [.init(hub: 5, events: 700)])
        await store.close()
    }

    @Test func `a check tells a whole store from a damaged one and writes nothing`() async throws {
        let (store, _) = try await filled()
        // Without it nothing would be lost with the WAL.
        try await store.append(["last"])
        #expect(try StoreCheck(directory: directory.path, logger: AgentStore.quiet).events == 1_351)
        let crashed = directory.copy()
        await store.close()
        let whole = try StoreCheck(directory: directory.path, logger: AgentStore.quiet)
        #expect(whole.isWhole && !whole.isRunning && whole.events == 1_351)
        for (name, offset) in [("store.db", 0), ("store.db-wal", 32 + 24 + 100)] {
            let damaged = crashed.copy()
            var bytes = StateDirectory.read(damaged.path + "/" + name)
            for index in offset..<min(bytes.count, offset + 40) { bytes[index] ^= 0x55 }
            StateDirectory.write(damaged.path + "/" + name, bytes)
            let before = damaged.names
            let check = try StoreCheck(directory: damaged.path, logger: AgentStore.quiet)
            #expect(check.damage != nil, "\(name)")
            #expect(damaged.names.filter { !$0.hasSuffix("-shm") } == before.filter { !$0.hasSuffix("-shm") })
        }
    }

    @Test func `there is nothing to look at`() async throws {
        let missing = directory.path + "/missing"
        for make in [
            { _ = try StoreView(directory: missing) }, { _ = try AgentStore.backup(directory: missing, to: "x") },
            { _ = try StoreCheck(directory: missing, logger: AgentStore.quiet) },
        ] {
            let error = #expect(throws: StoreError.self) { try make() }
            #expect(error?.description.contains("there is no such directory") == true)
        }
        let error = #expect(throws: StoreError.self) { try StoreView(directory: directory.path) }
        #expect(error?.description.contains("there is no store") == true)
        StateDirectory.write(directory.path + "/store.db", Array("no store at all".utf8))
        #expect(throws: StoreError.self) { try StoreView(directory: directory.path) }
        #expect(throws: StoreError.self) { try DamagedStoreView(path: directory.path) }
    }

    @Test func `a damaged file gives every event that a checksum proves, once`() async throws {
        let (store, _) = try await filled()
        let wanted = Set(await wanted(store))
        await store.close()
        let path = directory.path + "/store.db"
        var bytes = StateDirectory.read(path)
        for index in 0..<100 { bytes[index] = 0xAA }
        StateDirectory.write(path, bytes)
        var found: [String] = []
        try DamagedStoreView(path: path).read { events in
            found += events.block.described.map { "\(events.lane.epoch) \($0)" }
            #expect(events.node == "node")
        }
        #expect(Set(found).count == found.count)
        #expect(wanted.isSubset(of: found))
    }

    @Test(arguments: [true, false])
    func `a backup restored gives what waited, under its old numbers, and a gap for the rest`(
        isRunning: Bool
    ) async throws {
        let (store, _) = try await filled()
        let wanted = await wanted(store)
        if !isRunning { await store.close() }
        let target = directory.path + "/copy.db"
        let facts = try AgentStore.backup(directory: directory.path, to: target)
        #expect(facts.events == 1_350 && facts.storeID == store.storeID)
        #expect(throws: StoreError.self) { try AgentStore.backup(directory: directory.path, to: target) }
        let copy = StateDirectory.read(target)
        let later = isRunning ? store : try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        try await later.append(["after the backup"])
        await later.close()
        // As the help of `sluice store backup` says.
        StateDirectory.write(directory.path + "/store.db", copy)
        for name in ["/store.db-wal", "/store.db-shm"] { unlink(directory.path + name) }
        let restored = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        let found = await self.wanted(restored)
        #expect(found.filter { !$0.contains("gap") } == wanted)
        #expect(restored.statistics().gaps.map(\.events) == [1])
        #expect(restored.epoch.ordinal > later.epoch.ordinal && restored.storeID == store.storeID)
        await restored.close()
    }
}
