// SPDX-License-Identifier: Apache-2.0

import Events
import Logging
import TestSupport
import Testing

@testable import Storage

/// Stores and logs that programs of older versions have written, and what this one makes of them; and of newer ones.
@Suite struct GoldenFilesTests {
    private let directory = StateDirectory()

    private var files: [String: [UInt8]] {
        // The index of the WAL says nothing, and is made by whoever looks; so is a WAL without a byte.
        let names = directory.names.filter { !$0.hasSuffix("-shm") && !$0.hasSuffix("lock") }
        let files = names.map { ($0, StateDirectory.read(directory.path + "/" + $0)) }
        return Dictionary(uniqueKeysWithValues: files.filter { !$0.1.isEmpty })
    }

    private func unpack(_ names: String..., from folder: String) throws {
        for name in names {
            StateDirectory.write("\(directory.path)/\(name)", try GoldenFile.bytes("\(folder)/\(name).zst"))
        }
    }

    private func setVersion(_ version: Int, of name: String) throws {
        try SQLiteConnection(path: "\(directory.path)/\(name)").execute("PRAGMA user_version = \(version)")
    }

    // MARK: The agent's store

    private func openStore() throws -> AgentStore {
        try AgentStore.open(directory) { configuration in
            configuration.node = nil
            configuration.maximumBytes = 4 << 20
        }
    }

    @Test func `a store of format 2, as a crash left it, gives all that it held`() async throws {
        try unpack("store.db", "store.db-wal", "ceiling", from: "store-2")
        let before = files
        let stopped = try #require(try StoppedStore.read(directory: directory.path))
        #expect(files == before, "looking changes nothing")
        #expect(stopped.statistics.backlogEvents == 44)
        let old = Lane(epoch: 0xE1E1_0000_0000_0001, partition: Partition(number: 1))
        let crashed = Lane(epoch: 0xE1E1_0000_0000_0002, partition: Partition(number: 1))
        let alarms = Lane(epoch: 0xE1E1_0000_0000_0002, partition: Partition(number: 0))
        for opening in 1...2 {
            let store = try openStore()
            #expect(store.storeID == 0xA1A1_0000_0000_0001)
            #expect(store.epoch.ordinal == UInt64(opening) + 2)
            #expect(store.statistics().backlogEvents == 44)
            #expect(
                await store.contents(old, from: 5)
                    == ["round 0 normal 4", "6-7 rejected"] + (7..<20).map { "round 0 normal \($0)" }
            )
            #expect(await store.contents(crashed) == (0..<20).map { "round 1 normal \($0)" })
            #expect(await store.contents(alarms) == (0..<5).map { "round 1 alarm \($0)" })
            #expect(store.lanes(hub: 9).first { $0.lane == old }?.acknowledged == 4)
            #expect(store.clocks(unknownTo: 9).count == opening, "one for each opening since")
            await store.close()
        }
        let version = try SQLiteConnection(path: directory.path + "/store.db").integer("PRAGMA user_version")
        #expect(version == Int64(StoreDatabase.version))
    }

    @Test func `a store of format 4, as a crash left it, gives all that it held`() async throws {
        try unpack("store.db", "store.db-wal", "ceiling", from: "store-4")
        let closed = Lane(epoch: 0xB1CC_91F0_9854_F2F3, partition: Partition(number: 1))
        let crashed = Lane(epoch: 0x1501_A9A5_ED34_38E4, partition: Partition(number: 1))
        let alarms = Lane(epoch: 0xB1CC_91F0_9854_F2F3, partition: Partition(number: 0))
        for _ in 1...2 {
            let store = try openStore()
            #expect(store.statistics().backlogEvents == 48)
            #expect(await store.contents(closed) == ["x"] + (0..<20).map { "\($0)" })
            #expect(await store.contents(crashed) == ["x"] + (100..<120).map { "\($0)" } + ["hello"])
            #expect(await store.contents(alarms) == (0..<5).map { "\($0)" })
            #expect(store.records.isEmpty)
            await store.close()
        }
    }

    @Test func `what a store of format 2 held grows old from its migration on`() async throws {
        try unpack("store.db", "store.db-wal", "ceiling", from: "store-2")
        let clock = ManualClock()
        let store = try AgentStore.open(directory) {
            $0.clock = clock.read
            $0.maximumAge = .seconds(3_600)
        }
        clock.advance(.seconds(3_599))
        store.lookAtClock()
        #expect(store.statistics().backlogEvents == 44)
        clock.advance(.seconds(2))
        store.lookAtClock()
        #expect(await store.settles { $0.backlogEvents == 0 })
        #expect(store.statistics().gaps.first { $0.reason == .expired && $0.eventClass == .alarm }?.events == 10)
        await store.close()
    }

    @Test func `a store of the next format is refused, and not a byte of it changes`() async throws {
        try unpack("store.db", "store.db-wal", "ceiling", from: "store-2")
        let next = StoreDatabase.version + 1
        try SQLiteConnection(path: directory.path + "/store.db").execute("CREATE TABLE newer (id)")
        try setVersion(next, of: "store.db")
        let before = files
        let path = directory.path + "/store.db"
        let error = #expect(throws: StoreError.self) { try openStore() }
        #expect(error == .newerVersion(path: path, found: next, supported: StoreDatabase.version))
        #expect(error?.description.contains("install the newer version again") == true)
        #expect(throws: StoreError.newerVersion(path: path, found: next, supported: StoreDatabase.version)) {
            try StoppedStore.read(directory: directory.path)
        }
        #expect(files == before)
    }

    // MARK: The hub's log

    private func openLog() throws -> HubLog {
        try HubLog.open(
            HubLogConfiguration(directory: directory.path),
            randomID: { 5 },
            logger: HubLogFixture.quiet
        )
    }

    private func sequences() throws -> [UInt64] {
        let reader = try HubLog.openReader(directory: directory.path)
        var sequences: [UInt64] = []
        var position: Int64 = 0
        while let entry = try reader.next(after: position) {
            position = entry.position
            let clock = try reader.clock(of: entry)
            for record in entry.block.records {
                sequences.append(record.sequence)
                #expect(clock.time(of: record.sequence, raw: record.timestamp).milliseconds == record.timestamp)
            }
        }
        return sequences
    }

    @Test func `a log of format 2 is read as it is, and taken over`() async throws {
        try unpack("hub.db", from: "hub-2")
        #expect(try sequences() == [1, 2, 3, 4, 7, 8, 9, 10])
        let log = try openLog()
        #expect(log.hubID == 0x78)
        let lane = Lane.sample()
        let hello = AgentIntroduction(
            node: "golden",
            storeID: 0xA1,
            epoch: Epoch(id: 0xE1, ordinal: 3),
            lanes: [.init(lane: lane, ordinal: 3, node: "golden", acknowledged: 0, last: 10, ceiling: 100)]
        )
        #expect(try await log.greet(hello) == [lane: SequenceSet(cumulative: 10)])
        #expect(try await log.cursor("mqtt") == 1)
        #expect(log.statistics().gapEvents == 2)
        await log.close()
        #expect(try sequences() == [1, 2, 3, 4, 7, 8, 9, 10])
        let version = try SQLiteConnection(path: directory.path + "/hub.db").integer("PRAGMA user_version")
        #expect(version == Int64(HubLogSchema.version))
    }

    @Test func `a log of the next format is refused, and not a byte of it changes`() async throws {
        try unpack("hub.db", from: "hub-2")
        let next = HubLogSchema.version + 1
        let path = directory.path + "/hub.db"
        // What a crash leaves: the format is in the WAL.
        let writer = try SQLiteConnection(path: path)
        try writer.execute("PRAGMA journal_mode = WAL; PRAGMA user_version = \(next)")
        let crashed = directory.copy()
        let before = StateDirectory.read(crashed.path + "/hub.db")
        let beforeWAL = StateDirectory.read(crashed.path + "/hub.db-wal")
        #expect(!beforeWAL.isEmpty)
        let expected = StoreError.newerVersion(
            path: crashed.path + "/hub.db",
            found: next,
            supported: HubLogSchema.version
        )
        #expect(throws: expected) {
            try HubLog.open(
                HubLogConfiguration(directory: crashed.path),
                randomID: { 5 },
                logger: HubLogFixture.quiet
            )
        }
        #expect(throws: expected) { try HubLog.openReader(directory: crashed.path) }
        #expect(StateDirectory.read(crashed.path + "/hub.db") == before)
        #expect(StateDirectory.read(crashed.path + "/hub.db-wal") == beforeWAL)
        try writer.execute("PRAGMA user_version = \(next)")
    }
}
