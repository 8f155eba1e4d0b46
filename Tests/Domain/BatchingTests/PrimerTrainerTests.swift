// SPDX-License-Identifier: Apache-2.0

import Events
import Testing

@testable import Batching

@Suite("Training of primers")
struct PrimerTrainerTests {
    private struct Sample: Equatable {
        var time: Int64
        var topic: String
        var payload: String
    }

    private static func train(_ samples: [Sample], limit: Int) throws -> [Sample] {
        var trainer = PrimerTrainer(limit: limit)
        for sample in samples {
            var block = EventBlock()
            block.append(
                sequence: 9,
                timestamp: sample.time,
                topic: sample.topic,
                payload: Array(sample.payload.utf8)
            )
            trainer.observe(block, 0..<1)
        }
        let block = try Self.events(of: try #require(trainer.makePrimer()))
        return block.records.indices.map { index in
            Sample(
                time: block.records[index].timestamp,
                topic: block.topic(at: index),
                payload: String(decoding: block.payload(at: index), as: UTF8.self)
            )
        }
    }

    private static func events(of primer: Primer) throws -> EventBlock {
        let bytes = primer.bytes
        var block = EventBlock()
        var decoder = BatchDecoder()
        try decoder.decode(bytes.span.bytes, maximumBytes: Primer.maximumEventBytes, into: &block)
        return block
    }

    @Test("the newest events are taken, in the order of their times")
    func takesTheNewest() throws {
        let samples = (0..<300).map { Sample(time: Int64($0 ^ 1), topic: "a/b", payload: "{\"value\":\(100 + $0)}") }
        let taken = try Self.train(samples, limit: 1_000)
        let bytes = taken.reduce(0) { $0 + $1.topic.utf8.count + $1.payload.utf8.count }
        #expect(bytes <= 1_000 && bytes > 980)
        #expect(taken.map(\.time) == taken.map(\.time).sorted())
        #expect(Set(taken.map(\.payload)) == Set(samples.suffix(taken.count).map(\.payload)))
    }

    @Test("of what is rare, two of each topic and shape are taken from further back")
    func takesTwoOfEach() throws {
        var samples: [Sample] = []
        for index in 0..<400 {
            samples.append(Sample(time: Int64(index), topic: "busy", payload: "{\"value\":\(100 + index % 900)}"))
            if index < 30, index % 10 == 0 {
                samples.append(Sample(time: Int64(index), topic: "rare", payload: "{\"state\":\"on\",\"n\":\(index)}"))
                samples.append(Sample(time: Int64(index), topic: "busy", payload: "error \(index)!"))
            }
        }
        let taken = try Self.train(samples, limit: 1_000)
        #expect(taken.filter { $0.topic == "rare" }.map(\.time) == [10, 20])
        #expect(taken.filter { $0.payload.hasPrefix("error") }.map(\.time) == [10, 20])
        #expect(taken.map(\.time) == taken.map(\.time).sorted())
    }

    @Test("what is kept and what is taken is bounded, whatever comes")
    func isBounded() throws {
        var trainer = PrimerTrainer(limit: Primer.maximumEventBytes)
        var block = EventBlock()
        for index in 0..<1_000 {
            block.append(
                sequence: UInt64(index + 1),
                timestamp: Int64(index),
                topic: "t/\(index)",
                payload: [UInt8](repeating: UInt8(index & 255), count: index % 600)
            )
        }
        for _ in 0..<20 {
            trainer.observe(block, 0..<block.count)
            #expect(trainer.byteCount <= Primer.maximumEventBytes)
        }
        let primer = try #require(trainer.makePrimer())
        #expect(try Primer(bytes: primer.bytes).identifier == primer.identifier)

        var many = PrimerTrainer(limit: Primer.maximumEventBytes)
        var small = EventBlock()
        for index in 0..<20_000 {
            small.append(sequence: UInt64(index + 1), timestamp: Int64(index), topic: "t/\(index)", payload: [1])
        }
        many.observe(small, 0..<small.count)
        let opened = try Self.events(of: try #require(many.makePrimer()))
        #expect(opened.count == 4_095, "as many topics as a primer may have")
    }

    @Test("an event longer than a primer is no sample, and without samples there is no primer")
    func leavesOutWhatIsTooLong() {
        var trainer = PrimerTrainer(limit: 100)
        var block = EventBlock()
        block.append(sequence: 1, timestamp: 1, topic: "t", payload: [UInt8](repeating: 7, count: 200))
        trainer.observe(block, 0..<1)
        #expect(trainer.byteCount == 0 && trainer.makePrimer() == nil)
    }

    @Test("it says how much there is to choose from, at any limit", arguments: [100, 16_384, Primer.maximumEventBytes])
    func saysHowMuchThereIs(limit: Int) {
        var trainer = PrimerTrainer(limit: limit)
        #expect(trainer.supply == .scarce)
        var block = EventBlock()
        block.append(sequence: 1, timestamp: 1, topic: "t", payload: [UInt8](repeating: 7, count: 9))
        var steps = [trainer.supply]
        for _ in 0..<60_000 {
            trainer.observe(block, 0..<1)
            if trainer.supply != steps.last { steps.append(trainer.supply) }
        }
        #expect(steps == (limit < 80_000 ? [.scarce, .enough, .plenty] : [.scarce, .plenty]))
    }
}
