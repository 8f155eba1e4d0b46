// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import TestSupport
import Testing

@Suite struct RoundTripTests {
    @Test(arguments: UInt64(0)..<120)
    func `random events come back byte for byte in batches that fit`(seed: UInt64) throws {
        var events = RandomEvents(seed: seed)
        let block = events.block(count: Int.random(in: 1...300, using: &events.generator))
        let limit = [64, 300, 1_160, 9_000].randomElement(using: &events.generator) ?? 1_160
        try expectRoundTrip(block, limit: limit, "seed \(seed), limit \(limit)")
    }

    @Test(arguments: UInt64(0)..<120)
    func `random events come back from batches that build on a primer`(seed: UInt64) throws {
        var events = RandomEvents(seed: seed)
        let block = events.block(count: Int.random(in: 20...500, using: &events.generator))
        let count = Int.random(in: 1..<block.count, using: &events.generator)
        let primer = try primer(block, first: count, limit: [600, 4_096, 65_536][Int(seed % 3)])
        let limit = [64, 300, 1_160, 9_000].randomElement(using: &events.generator) ?? 1_160
        try expectRoundTrip(block.from(count), limit: limit, primer: primer, "seed \(seed), limit \(limit)")
        // Events that the primer has never seen the like of.
        var others = RandomEvents(seed: seed &+ 1_000)
        try expectRoundTrip(others.block(count: 60), limit: limit, primer: primer, "others, seed \(seed)")
    }

    @Test func `times at the ends of their range make a primer`() throws {
        var block = EventBlock()
        for (index, time) in [Int64.min, .max, 0, -1, .min + 1, .max, .max, .min, 5, .max].enumerated() {
            block.append(
                sequence: UInt64(index + 1),
                timestamp: time,
                topic: "t\(index % 3)",
                payload: Array("{\"ts\":1700000000000,\"v\":-9223372036854775807}".utf8)
            )
        }
        let primer = try primer(block, first: 10)
        try expectRoundTrip(block, limit: 1_160, primer: primer, "edges")
    }

    @Test func `every awkward payload comes back alone and beside itself`() throws {
        for payload in RandomEvents.awkward {
            for count in [1, 2, 9] {
                var block = EventBlock()
                for index in 0..<count {
                    block.append(
                        sequence: UInt64(index) + 5,
                        timestamp: Int64(index) * 1_000,
                        topic: "a/b",
                        payload: payload
                    )
                }
                try expectRoundTrip(block, limit: 1_160, "\(payload)")
            }
        }
    }

    @Test func `times and sequences at the ends of their range come back`() throws {
        var block = EventBlock()
        let times: [Int64] = [.min, .max, 0, -1, .min + 1, .max, .max, .min]
        for (index, time) in times.enumerated() {
            block.append(
                sequence: .max - UInt64(times.count - 1 - index),
                timestamp: time,
                topic: "t",
                payload: Array("{\"ts\":1700000000000}".utf8)
            )
        }
        try expectRoundTrip(block, limit: 1_160, "edges")
    }

    @Test func `a batch ends before a gap in the sequences`() throws {
        var block = EventBlock()
        for sequence: UInt64 in [1, 2, 3, 7, 8] {
            block.append(sequence: sequence, timestamp: 0, topic: "t", payload: [1])
        }
        var encoder = BatchEncoder(limit: 1_160)
        var output: [UInt8] = []
        #expect(encoder.encode(block, from: 0, into: &output) == 3)
        #expect(encoder.encode(block, from: 3, into: &output) == 2)
    }

    @Test func `an event beyond the limit is a batch of one`() throws {
        var generator = SeededGenerator(seed: 1)
        var block = EventBlock()
        block.append(
            sequence: 1,
            timestamp: 0,
            topic: "t",
            payload: (0..<5_000).map { _ in .random(in: 0...255, using: &generator) }
        )
        block.append(sequence: 2, timestamp: 0, topic: "t", payload: [1])
        var encoder = BatchEncoder(limit: 1_160)
        var output: [UInt8] = []
        #expect(encoder.encode(block, from: 0, into: &output) == 1)
        #expect(output.count > 5_000 && output.count < 5_020)
    }

    @Test func `decoders that are given just the size of the events take every batch`() throws {
        // Nothing makes longer columns than numbers that are short and escaped.
        var block = EventBlock()
        let payload = Array(String(repeating: "-0,", count: 250).utf8)
        for sequence in UInt64(1)...350 {
            block.append(sequence: sequence, timestamp: 0, topic: "t", payload: payload)
        }
        let packed = pack(block, limit: 60_000)
        var decoder = BatchDecoder()
        var start = 0
        for (batch, count) in zip(packed.batches, packed.counts) {
            let bytes = block.records[start..<start + count].reduce(0) { $0 + $1.all.count }
            var decoded = EventBlock()
            try decoder.decode(batch.span.bytes, maximumBytes: bytes, into: &decoded)
            #expect(decoded.count == count)
            start += count
        }
    }

    @Test func `an earlier batch does not change a later one`() throws {
        var events = RandomEvents(seed: 77)
        let first = events.block(count: 200)
        let second = events.block(count: 200)
        var used = BatchEncoder(limit: 1_160)
        var fresh = BatchEncoder(limit: 1_160)
        var outputs: ([UInt8], [UInt8], [UInt8]) = ([], [], [])
        _ = used.encode(first, from: 0, into: &outputs.0)
        let counts = (used.encode(second, from: 0, into: &outputs.1), fresh.encode(second, from: 0, into: &outputs.2))
        #expect(counts.0 == counts.1)
        #expect(outputs.1 == outputs.2)
    }

    @Test(arguments: UInt64(0)..<20)
    func `bytes without any pattern cost one byte an event and the header`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var block = EventBlock()
        var raw = 0
        for sequence in UInt64(1)...20 {
            let payload = (0..<30).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let topic = (0..<12).map { _ in UInt8.random(in: 0x61...0x7A, using: &generator) }
            block.append(
                sequence: sequence,
                timestamp: .random(in: .min ... .max, using: &generator),
                topic: topic.span.bytes,
                attributes: [UInt8]().span.bytes,
                payload: payload.span.bytes
            )
            raw += 1 + topic.count + 8 + 1 + payload.count
        }
        var encoder = BatchEncoder(limit: 4_000)
        var output: [UInt8] = []
        #expect(encoder.encode(block, from: 0, into: &output) == 20)
        #expect(output.count <= raw + 20 + 21, "seed \(seed)")
    }
}
