// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Testing

enum Samples {
    /// Mode 0 with one event.
    static let rows: [UInt8] = [0x10, 7, 1, 0, 4, 0x61, 0, 2, 0x31, 0x32]

    private static func events(_ count: Int) -> EventBlock {
        var block = EventBlock()
        for index in 0..<count {
            block.append(
                sequence: UInt64(7 + index),
                timestamp: 1_700_000_000_000 + Int64(index) * 1_000,
                topic: "site/\(index % 2)",
                payload: Array("{\"v\":\(index).5,\"s\":\"k\(index % 2)\"}".utf8)
            )
        }
        return block
    }

    static func batch(on primer: Primer? = nil) -> [UInt8] {
        var encoder = BatchEncoder(limit: 1_160, primer: primer)
        var batch: [UInt8] = []
        _ = encoder.encode(events(20), from: 0, into: &batch)
        return batch
    }

    static func primer(first count: Int = 12) throws -> Primer {
        var trainer = PrimerTrainer(limit: 16_384)
        trainer.observe(events(count), 0..<count)
        return try #require(trainer.makePrimer())
    }
}
