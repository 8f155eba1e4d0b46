// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Storage
import TestSupport
import Testing

@Suite struct PackingTests {
    let directory = StateDirectory(inMemory: true)

    /// A store of small segments with some full ones.
    private func filled(_ count: Int = 4_000, primer: Primer? = nil) async throws -> AgentStore {
        let store = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        var telemetry = Telemetry()
        if let primer { store.keep([primer]) }
        for _ in 0..<count / 500 { try await store.append(telemetry.next(500)) }
        return store
    }

    @Test(arguments: [false, true])
    func `what is packed reads as before and takes a fraction of the room`(isPrimed: Bool) async throws {
        let store = try await filled(primer: isPrimed ? try Telemetry.primer() : nil)
        let before = await store.events(store.lane())
        let rows = store.statistics()
        #expect(rows.packedEvents == 0 && rows.density == 1)
        let packed = try await store.packAll()
        #expect(packed > 2_000 && packed < 4_000, "what is new stays as it is")
        let after = store.statistics()
        #expect(after.packedEvents == UInt64(packed))
        #expect(after.backlogEvents == rows.backlogEvents && after.backlogBytes == rows.backlogBytes)
        #expect(after.oldestTimestamp == rows.oldestTimestamp)
        #expect(after.freeBytes > rows.freeBytes)
        #expect(await store.events(store.lane()) == before)
        for start in [2, 500, 1_234, 3_999] {
            #expect(await store.events(store.lane(), from: UInt64(start)) == Array(before[(start - 1)...]))
        }
        await store.close()
        let again = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        #expect(await again.events(store.lane()) == before)
        // Nothing of an older epoch is new.
        #expect(try await again.packAll() == 4_000 - packed)
        #expect(await again.events(store.lane()) == before)
        await again.close()
    }

    @Test func `acknowledged packs are dropped, and what is half acknowledged reads from there on`() async throws {
        let store = try await filled()
        let before = await store.events(store.lane())
        let packed = try await store.packAll()
        let sequence = UInt64(packed) - 7
        store.acknowledge(store.lane(), SequenceSet(cumulative: sequence), hub: 1)
        #expect(await store.settles { $0.backlogEvents == 4_000 - sequence })
        #expect(await store.events(store.lane(), from: sequence + 1) == Array(before[Int(sequence)...]))
        store.acknowledge(store.lane(), SequenceSet(cumulative: UInt64(packed)), hub: 1)
        #expect(await store.settles { $0.packedEvents == 0 })
        #expect(await store.events(store.lane(), from: UInt64(packed) + 1) == Array(before[packed...]))
        await store.close()
    }

    @Test func `what a hub has some of, and what was given up, stays rows`() async throws {
        let store = try await filled(6_000)
        var landed = SequenceSet()
        landed.insert(10...12)
        store.acknowledge(store.lane(), landed, hub: 1)
        store.giveUp(Gap(lane: store.lane(), first: 2_500, last: 2_500, reason: .rejected))
        #expect(await store.settles { $0.backlogEvents == 5_996 })
        let packed = try await store.packAll()
        let clean = try await filledAndPacked()
        #expect(packed > 0 && packed < clean)
        let slices = await store.readAll(store.lane(), from: 2_400)
        #expect(
            slices.contains { if case .gap(let gap) = $0 { gap.first == 2_500 && gap.last == 2_500 } else { false } }
        )
        await store.close()
    }

    private func filledAndPacked() async throws -> Int {
        let other = PackingTests()
        let store = try await other.filled(6_000)
        let packed = try await store.packAll()
        await store.close()
        return packed
    }

    @Test func `what does not become smaller stays as it is`() async throws {
        let store = try AgentStore.open(directory) { $0.maximumBytes = 8 << 20 }
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<40 {
            var block = EventBlock()
            for _ in 0..<20 {
                let noise = (0..<1_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
                block.append(timestamp: 1, topic: "noise", payload: noise)
            }
            try await store.append(block)
        }
        #expect(try await store.packAll() == 0)
        #expect(store.statistics().packedEvents == 0 && store.statistics().backlogEvents == 800)
        await store.close()
    }

    @Test func `the file does not grow by packing, and gives back what packing saves`() async throws {
        let store = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        var telemetry = Telemetry()
        for _ in 0..<12 { try await store.append(telemetry.next(1_000)) }
        let full = store.statistics().diskBytes
        _ = try await store.packAll()
        #expect(store.statistics().diskBytes <= full + (512 << 10), "the WAL alone may be longer")
        #expect(await store.settles { $0.diskBytes < full * 2 / 3 })
        await store.close()
    }

    @Test func `events of any size and class keep to their order`() async throws {
        let store = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        var telemetry = Telemetry()
        for round in 0..<24 {
            try await store.append(telemetry.next(150, .bulk))
            try await store.append(telemetry.next(150, .normal))
            try await store.append(telemetry.next(10, .alarm))
            let text = String(repeating: "large \(round) ", count: 1_500)
            try await store.append([text], eventClass: .normal)
        }
        let lanes = EventClass.allCases.map { store.lane($0) }
        var before: [[String]] = []
        for lane in lanes { before.append(await store.events(lane)) }
        #expect(try await store.packAll() > 1_000)
        for (lane, events) in zip(lanes, before) { #expect(await store.events(lane) == events) }
        await store.close()
    }

    @Test func `a segment that is too large for one transaction is packed in parts`() async throws {
        let store = try AgentStore.open(directory) { $0.maximumBytes = 4 << 30 }
        var generator = SeededGenerator(seed: 3)
        var wanted: [String] = []
        for _ in 0..<30 {
            // Hexadecimal noise packs to half its size.
            let texts = (0..<70).map { _ in
                (0..<256).map { _ in String(generator.next() | 1 << 63, radix: 16) }.joined()
            }
            wanted += texts
            try await store.append(texts)
        }
        await store.close()
        let again = try AgentStore.open(directory) { $0.maximumBytes = 4 << 30 }
        let bytes = again.statistics().backlogBytes
        let packer = try again.makePacker(limit: 1_160, executor: StoreExecutor(label: "test.packer"))
        var parts = 0
        while case let outcome = await packer.step(), outcome.events > 0 {
            parts += 1
            guard parts == 2 else { continue }
            let crashed = try AgentStore.open(directory.copy()) { $0.maximumBytes = 4 << 30 }
            #expect(await crashed.contents(store.lane()) == wanted, "after \(parts) parts")
            await crashed.close()
        }
        #expect(parts > 4)
        #expect(again.statistics().packedEvents == 2_100)
        #expect(again.statistics().backlogBytes == bytes && again.statistics().backlogEvents == 2_100)
        #expect(await again.contents(store.lane()) == wanted)
        await packer.close()
        await again.close()
    }
}
