// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct HubLogReaderTests {
    static func all(_ reader: HubLogReader) throws -> [LogEntry] {
        var entries: [LogEntry] = []
        while let entry = try reader.next(after: entries.last?.position ?? 0) { entries.append(entry) }
        return entries
    }

    @Test func `an export sees one snapshot while the hub goes on`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...20)
        let reader = try HubLog.openReader(directory: fixture.directory + "/hub", opening: HubLogFixture.opening)
        _ = try await log.land(15...40)
        #expect(try Self.all(reader).sequences(of: .sample()) == Array(1...20))
        try reader.renew()
        #expect(try Self.all(reader).sequences(of: .sample()) == Array(1...40))
        #expect(try reader.hubID() == log.hubID)
        await log.close()
    }

    @Test func `an export works after the hub was killed and when it was closed`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...20)
        // What a kill leaves: the database and its WAL, nobody who holds them.
        try fixture.copy(to: "killed")
        let killed = try HubLog.openReader(directory: fixture.directory + "/killed", opening: HubLogFixture.opening)
        #expect(try Self.all(killed).sequences(of: .sample()) == Array(1...20))
        await log.close()
        let closed = try HubLog.openReader(directory: fixture.directory + "/hub", opening: HubLogFixture.opening)
        #expect(try Self.all(closed).sequences(of: .sample()) == Array(1...20))
    }

    @Test func `batches are read as they came, named by what landed with them`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...20)
        _ = try await log.land(1...25, node: "valve")
        _ = try await log.land(15...40)
        await log.close()
        let reader = try HubLog.openReader(directory: fixture.directory + "/hub", opening: HubLogFixture.opening)
        var batches: [HubLogBatch] = []
        while let batch = try reader.nextBatch(after: batches.last?.position ?? 0) { batches.append(batch) }
        #expect(batches.map(\.node) == ["pump", "valve", "pump"])
        #expect(batches.map(\.firstLanded) == [1, 1, 21])
        #expect(batches.map(\.lane) == Array(repeating: .sample(), count: 3))
        #expect(batches.map(\.bytes) == [1...20, 1...25, 15...40].map { PlainBatch.encode(.sample($0)) })
    }

    @Test func `a summary tells each node's lanes`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...20, node: "valve")
        _ = try await log.land(1...5, node: "pump")
        _ = try await log.land(1...6, node: "pump", lane: .sample(0xE1, 0))
        _ = try await log.land(9...9, node: "pump", lane: .sample(0xE1, 0))
        let nodes = try HubLog.openReader(directory: fixture.directory + "/hub").nodes()
        #expect(nodes.map(\.name) == ["pump", "valve"])
        #expect(nodes.map(\.events) == [12, 20])
        #expect(nodes[0].lanes.map(\.cumulative) == [6, 5])
        #expect(nodes[0].lanes.map(\.highest) == [9, 5])
        #expect(nodes[0].lastLanding > 1_600_000_000_000)
        #expect(log.statistics().nodes == 2)
        await log.close()
    }

    @Test func `a follower reads while others land`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        async let landing: Void = {
            for first in stride(from: UInt64(1), to: 3_000, by: 10) {
                let lane = Lane.sample(0xE1, UInt32(first / 10 % 3))
                _ = try await log.land(first...first + 9, lane: lane)
            }
        }()
        var seen: [UInt64] = []
        var position: Int64 = 0
        var generator = SeededGenerator(seed: 3)
        while seen.count < 3_000 {
            let chunk = Int.random(in: 1...20_000, using: &generator)
            for entry in try await log.read(after: position, maximumBytes: chunk) {
                #expect(entry.position == position + 1)
                position = entry.position
                seen += entry.block.records.map(\.sequence)
            }
            await Task.yield()
        }
        try await landing
        #expect(seen.sorted() == Array(1...3_000))
        await log.close()
    }

    @Test func `a missing log is named`() throws {
        #expect(throws: StoreError.self) { try HubLog.openReader(directory: "/nonexistent") }
    }
}
