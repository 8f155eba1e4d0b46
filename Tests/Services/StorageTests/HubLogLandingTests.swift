// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct HubLogLandingTests {
    @Test func `what lands behind newer events of its lane is historical, in memory and on disk`() async throws {
        let fixture = try HubLogFixture()
        var log = try fixture.open()
        _ = try await log.land(1...10)
        _ = try await log.land(21...30)
        _ = try await log.land(11...15)
        _ = try await log.land(16...40)
        _ = try await log.land(1...10, lane: .sample(0xE1, 0))
        let expected = [false, false, true, true, false]
        #expect(try await log.all().map(\.isHistorical) == expected)
        await log.close()
        log = try fixture.open()
        #expect(try await log.all().map(\.isHistorical) == expected)
        #expect(
            try await log.all().sequences(of: .sample()) == Array(1...10) + Array(21...30) + Array(11...20)
                + Array(31...40)
        )
        await log.close()
    }

    @Test func `what lands behind a later opening of its store is historical, whenever the log was opened`()
        async throws
    {
        let fixture = try HubLogFixture()
        var log = try fixture.open()
        func greet(
            store: UInt64 = 0x51,
            ordinal: UInt64,
            id: UInt64,
            _ lanes: [(ordinal: UInt64, id: UInt64)]
        ) async throws {
            let lanes =
                lanes.map { (ordinal: $0.ordinal, id: $0.id, acknowledged: 0, last: 100, ceiling: 65_536) }
                as [(ordinal: UInt64, id: UInt64, acknowledged: UInt64, last: UInt64, ceiling: UInt64)]
            _ = try await log.greet(HubLogLineageTests.hello(store: store, current: (ordinal, id), lanes))
        }
        try await greet(ordinal: 1, id: 0xE1, [(1, 0xE1)])
        _ = try await log.land(1...10)
        try await greet(ordinal: 2, id: 0xE2, [(1, 0xE1), (2, 0xE2)])
        _ = try await log.land(11...20)
        _ = try await log.land(1...5, lane: .sample(0xE2))
        _ = try await log.land(21...30)
        await log.close()
        log = try fixture.open()
        _ = try await log.land(31...40)
        _ = try await log.land(6...10, lane: .sample(0xE2))
        // Another partition has a present of its own, and so has a store that counts its openings from one again.
        _ = try await log.land(1...10, lane: .sample(0xE1, 0))
        try await greet(store: 0x52, ordinal: 1, id: 0xE3, [(1, 0xE3)])
        _ = try await log.land(1...10, lane: .sample(0xE3))
        let expected = [false, false, false, true, true, false, false, false]
        #expect(try await log.all().map(\.isHistorical) == expected)
        await log.close()
    }

    @Test func `a batch that comes again lands once`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        #expect(try await log.land(1...10) == Landed(sequences: SequenceSet(cumulative: 10), new: 10, repeated: 0))
        for _ in 0..<3 {
            let again = try await log.land(1...10)
            #expect(again == Landed(sequences: SequenceSet(cumulative: 10), new: 0, repeated: 10))
        }
        #expect(log.head == 1)
        #expect(log.statistics().landed == 10)
        #expect(log.statistics().repeated == 30)
        await log.close()
    }

    @Test func `an overlapping batch keeps only what is new`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...10)
        _ = try await log.land(15...18)
        let landed = try await log.land(8...20)
        #expect(landed.new == 6)
        #expect(landed.sequences == SequenceSet(cumulative: 20))
        let expected: [UInt64] = Array(1...10) + Array(15...18) + Array(11...14) + Array(19...20)
        #expect(try await log.all().sequences(of: .sample()) == expected)
        await log.close()
        // From the disk as from memory.
        let again = try fixture.open()
        #expect(try await again.all().sequences(of: .sample()) == expected)
        await again.close()
    }

    @Test func `what is read is byte for byte what landed, with the class of the partition`() async throws {
        let fixture = try HubLogFixture()
        var log = try fixture.open()
        _ = try await log.land(1...3, lane: .sample(0xE1, 3))
        for _ in 0..<2 {
            let entry = try #require(try await log.read(after: 0, maximumBytes: 1).first)
            let sample = EventBlock.sample(1...3)
            #expect(entry.node == "pump" && entry.lane == .sample(0xE1, 3) && entry.position == 1)
            #expect(entry.block.bytes == sample.bytes)
            #expect(entry.block.records.map(\.timestamp) == sample.records.map(\.timestamp))
            #expect(entry.block.records.allSatisfy { $0.eventClass == .alarm })
            #expect(entry.block.attributes(at: 0).isEmpty)
            await log.close()
            log = try fixture.open()
        }
        await log.close()
    }

    @Test(arguments: UInt64(0)..<20)
    func `any resends, overlaps and orders land each event once`(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let fixture = try HubLogFixture()
        var log = try fixture.open()
        var model: [Lane: Set<UInt64>] = [:]
        var gaps: [Lane: Set<UInt64>] = [:]
        for _ in 0..<60 {
            let lane = Lane.sample(UInt64.random(in: 1...2, using: &generator), .random(in: 0...2, using: &generator))
            let first = UInt64.random(in: 1...150, using: &generator)
            let range = first...first + UInt64.random(in: 0...40, using: &generator)
            let known = model[lane, default: []].union(gaps[lane, default: []])
            switch Int.random(in: 0..<12, using: &generator) {
            case 0:
                _ = try await log.record(Gap(lane: lane, first: first, last: range.upperBound, reason: .bufferFull))
                gaps[lane, default: []].formUnion(Set(range).subtracting(known))
            case 1:
                await log.close()
                log = try fixture.open()
            default:
                let landed = try await log.land(range, lane: lane, salt: lane.epoch)
                #expect(landed.new == Set(range).subtracting(known).count, "seed \(seed)")
                model[lane, default: []].formUnion(Set(range).subtracting(known))
                let all = model[lane, default: []].union(gaps[lane, default: []])
                #expect(Set(landed.sequences.ranges.flatMap(Array.init)) == all, "seed \(seed)")
            }
        }
        let entries = try await log.all()
        for (lane, expected) in model {
            let found = entries.sequences(of: lane)
            #expect(found.count == expected.count, "nothing twice; seed \(seed)")
            #expect(Set(found) == expected, "nothing lost; seed \(seed)")
        }
        for entry in entries {
            for (index, record) in entry.block.records.enumerated() {
                let expected = "value \(record.sequence) \(entry.lane.epoch)"
                #expect(String(decoding: entry.block.payload(at: index), as: UTF8.self) == expected, "seed \(seed)")
            }
        }
        #expect(entries.map(\.position) == Array(1...Int64(entries.count)))
        #expect(log.statistics().gapEvents == UInt64(gaps.values.map(\.count).reduce(0, +)), "seed \(seed)")
        await log.close()
    }

    @Test func `rows and landed sets stay together at any moment`() async throws {
        let seed: UInt64 = 7
        var generator = SeededGenerator(seed: seed)
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        for round in 0..<25 {
            let first = UInt64.random(in: 1...400, using: &generator)
            _ = try await log.land(first...first + 30)
            try fixture.copy(to: "copy")
            let copy = try fixture.open("copy")
            let rows = try await copy.all().sequences(of: .sample())
            let landed = try await copy.land(1_000...1_000).sequences
            #expect(Set(landed.ranges.flatMap(Array.init)) == Set(rows).union([1_000]), "round \(round)")
            #expect(Set(rows).count == rows.count, "round \(round)")
            await copy.close()
        }
        await log.close()
    }

    @Test func `many lands in flight are answered in order`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        let (answers, answer) = AsyncStream<Int>.makeStream()
        for index in 0..<500 {
            let range = UInt64(index * 3 + 1)...UInt64(index * 3 + 3)
            let block = EventBlock.sample(range)
            log.land(node: "pump", lane: .sample(), batch: PlainBatch.encode(block), block: block) { result in
                if case .success = result { answer.yield(index) }
                if index == 499 { answer.finish() }
            }
        }
        var order: [Int] = []
        for await index in answers { order.append(index) }
        #expect(order == Array(0..<500))
        #expect(try await log.all(chunk: 10_000).sequences(of: .sample()) == Array(1...1_500))
        await log.close()
    }

    @Test func `sequences that are not consecutive are refused`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        var torn = EventBlock.sample(1...2)
        torn.assign(sequence: 5, eventClass: .normal, at: 1)
        for block in [torn, EventBlock(), EventBlock.sample(0...1)] {
            let result: Result<Landed, StoreError> = await withCheckedContinuation { continuation in
                log.land(node: "pump", lane: .sample(), batch: [1], block: block) { continuation.resume(returning: $0) }
            }
            #expect(throws: StoreError.self) { try result.get() }
        }
        #expect(try await log.land(1...2).new == 2, "the lane goes on")
        await log.close()
    }

    @Test func `a row that cannot be decoded is passed over and recorded as a gap`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        let block = EventBlock.sample(1...4)
        await withCheckedContinuation { continuation in
            log.land(node: "pump", lane: .sample(), batch: [9, 9, 9], block: block) { _ in continuation.resume() }
        }
        _ = try await log.land(5...6)
        await log.close()
        let again = try fixture.open()
        #expect(try await again.all().sequences(of: .sample()) == [5, 6])
        _ = try await again.land(7...7)
        #expect(again.statistics().gapEvents == 4)
        await again.close()
    }

    @Test func `what comes after closing is refused`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        await log.close()
        await #expect(throws: StoreError.self) { try await log.land(1...1) }
        await #expect(throws: StoreError.self) { try await log.read(after: 0, maximumBytes: 1) }
        await log.close()
    }

    @Test func `more than the queue may hold is refused, and taken later`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        var big = EventBlock()
        big.append(sequence: 1, timestamp: 0, topic: "t", payload: [UInt8](repeating: 7, count: 12 << 20))
        let (answers, answer) = AsyncStream<Bool>.makeStream()
        let batch = PlainBatch.encode(big)
        for index in 0..<6 {
            log.land(node: "node\(index)", lane: .sample(), batch: batch, block: big) { result in
                if case .success = result { answer.yield(true) } else { answer.yield(false) }
            }
        }
        var iterator = answers.makeAsyncIterator()
        var taken = 0
        for _ in 0..<6 where await iterator.next() == true { taken += 1 }
        #expect(taken >= 1 && taken < 6)
        #expect(try await log.land(1...1).new == 1)
        await log.close()
    }
}
