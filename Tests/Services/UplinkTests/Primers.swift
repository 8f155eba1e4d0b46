// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import TestSupport
import Testing

/// Primers for tests, longer than a packet; different salts give different ones.
enum Primers {
    static func make(_ salt: Int = 0) throws -> Primer {
        var trainer = PrimerTrainer(limit: 4_000)
        var generator = SeededGenerator(seed: UInt64(salt))
        var block = EventBlock()
        for index in 1...200 {
            block.append(
                sequence: UInt64(index),
                timestamp: Int64(index),
                topic: "site/\(salt)",
                payload: Array("{\"n\":\"\(generator.next())\"}".utf8)
            )
        }
        trainer.observe(block, 0..<block.count)
        return try #require(trainer.makePrimer())
    }
}
