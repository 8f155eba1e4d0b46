// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Testing

@Suite("Primers")
struct PrimerTests {
    private static func events(_ range: Range<Int>) -> EventBlock {
        var block = EventBlock()
        for index in range {
            block.append(
                sequence: UInt64(index + 1),
                timestamp: Int64(1_000 * index),
                topic: "plant/line\(index % 3)/state",
                payload: Array("{\"temperature\":\(200 + index % 7),\"word\":\"w\(index * 7919)\"}".utf8)
            )
        }
        return block
    }

    private static func primer() throws -> Primer {
        var trainer = PrimerTrainer(limit: 4_096)
        trainer.observe(events(0..<60), 0..<60)
        return try #require(trainer.makePrimer())
    }

    @Test("a batch built on a primer opens with it and with no other")
    func opensWithItsPrimer() throws {
        let primer = try Self.primer()
        let block = Self.events(60..<100)
        var bytes: [UInt8] = []
        var encoder = BatchEncoder(limit: 1_200, primer: primer)
        let count = encoder.encode(block, from: 0, into: &bytes)
        var plain: [UInt8] = []
        var plainEncoder = BatchEncoder(limit: 1_200)
        let plainCount = plainEncoder.encode(block, from: 0, into: &plain)
        #expect(bytes.count * plainCount < plain.count * count)

        var decoder = BatchDecoder()
        #expect(try decoder.header(bytes.span.bytes).primer == primer.identifier)
        var opened = EventBlock()
        try decoder.decode(
            bytes.span.bytes,
            primer: try Primer(bytes: primer.bytes),
            maximumBytes: 1 << 20,
            into: &opened
        )
        #expect(opened.bytes == Array(block.bytes.prefix(opened.bytes.count)) && opened.count == count)
        #expect(throws: BatchFault.primerWanted(primer.identifier)) {
            try decoder.decode(bytes.span.bytes, primer: nil, maximumBytes: 1 << 20, into: &opened)
        }
    }
}
