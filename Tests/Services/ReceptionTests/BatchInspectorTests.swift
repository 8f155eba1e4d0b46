// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Reception
import TestSupport
import Testing
import UplinkFrames

@Suite struct BatchInspectorTests {
    private func batch(_ first: UInt64, _ events: [(topic: String, payload: [UInt8])]) -> [UInt8] {
        var block = EventBlock()
        for (offset, event) in events.enumerated() {
            block.append(
                sequence: first + UInt64(offset),
                timestamp: 1_700_000_000_000,
                topic: event.topic,
                payload: event.payload
            )
        }
        var encoder = BatchEncoder(limit: 60_000)
        var bytes: [UInt8] = []
        #expect(encoder.encode(block, from: 0, into: &bytes) == events.count)
        return bytes
    }

    private func open(_ bytes: [UInt8]) -> OpenedBatch {
        var inspector = BatchInspector(maximumEventBytes: 100)
        return inspector.open(bytes)
    }

    @Test func `a sound batch opens to its events`() {
        guard case .events(let block) = open(batch(5, [("a", [1]), ("b", [2])])) else {
            Issue.record("refused")
            return
        }
        #expect(block.records.map(\.sequence) == [5, 6])
    }

    @Test func `a batch that builds on a primer opens with it, and says which one it wants`() throws {
        var trainer = PrimerTrainer(limit: 1_000)
        var block = EventBlock()
        for index in UInt64(5)...9 { block.append(sequence: index, timestamp: 1, topic: "t", payload: [UInt8(index)]) }
        trainer.observe(block, 0..<block.count)
        let primer = try #require(trainer.makePrimer())
        var encoder = BatchEncoder(limit: 1_000, primer: primer)
        var bytes: [UInt8] = []
        #expect(encoder.encode(block, from: 0, into: &bytes) == 5)
        guard case .primerWanted(primer.identifier, 5...9) = open(bytes) else {
            Issue.record("not wanted")
            return
        }
        var inspector = BatchInspector(maximumEventBytes: 100)
        guard case .events(let opened) = inspector.open(bytes, primers: { $0 == primer.identifier ? primer : nil })
        else {
            Issue.record("refused")
            return
        }
        #expect(opened.records.map(\.sequence) == Array(5...9))
    }

    @Test func `an event beyond the limit is refused by range`() {
        guard case .refused(let rejection) = open(batch(5, [("a", [1]), ("b", .init(repeating: 2, count: 100))])) else {
            Issue.record("taken")
            return
        }
        #expect(rejection.reason == .tooLarge && rejection.first == 5 && rejection.last == 6)
    }

    @Test func `a topic that is none is refused by range`() {
        guard case .refused(let rejection) = open(batch(5, [("a/#", [1])])) else {
            Issue.record("taken")
            return
        }
        #expect(rejection.reason == .undecodable && rejection.first == 5 && rejection.last == 5)
    }

    @Test(arguments: UInt64(0)..<20)
    func `damage never crashes and never passes for other sequences`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let sound = batch(5, (0..<20).map { ("t/\($0 % 3)", Array("{\"v\":\($0)}".utf8)) })
        for _ in 0..<200 {
            var bytes = sound
            for _ in 0...Int.random(in: 0...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            bytes.removeLast(Int.random(in: 0...min(3, bytes.count), using: &generator))
            if case .events(let block) = open(bytes) {
                let first = block.records[0].sequence
                #expect(block.records.map(\.sequence) == (0..<UInt64(block.count)).map { first + $0 }, "seed \(seed)")
            }
        }
    }
}
