// SPDX-License-Identifier: Apache-2.0

import Events
import Provenance
import TestSupport
import Testing

@Suite struct EventLeafTests {
    @Test func `a leaf has the bytes that its description says`() {
        let event = EventLeaf(
            identity: EventIdentity(
                node: "gw",
                lane: Lane(epoch: 0x0102_0304_0506_0708, partition: Partition(number: 4)),
                sequence: 9
            ),
            timestamp: -2,
            topic: Array("a/b".utf8),
            attributes: [0xAA],
            payload: [0xBB, 0xCC]
        )
        let expected: [UInt8] =
            [1, 1, 2, 0x67, 0x77] + [1, 2, 3, 4, 5, 6, 7, 8] + [0, 0, 0, 4] + [0, 0, 0, 0, 0, 0, 0, 9]
            + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE] + [0, 3] + [0, 0, 0, 1] + Array("a/b".utf8)
            + [0xAA, 0xBB, 0xCC]
        #expect(event.bytes == expected)
        #expect(EventLeaf(bytes: expected) == event)
    }

    @Test func `random leaves survive, and short ones are refused`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        func bytes(_ most: Int) -> [UInt8] {
            (0..<Int.random(in: 0...most, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        for _ in 0..<300 {
            let event = EventLeaf(
                identity: EventIdentity(
                    node: String(repeating: "n", count: Int.random(in: 0...255, using: &random)),
                    lane: Lane(
                        epoch: random.next(),
                        partition: Partition(number: UInt32.random(in: 0...9, using: &random))
                    ),
                    sequence: random.next()
                ),
                timestamp: Int64(bitPattern: random.next()),
                topic: bytes(60),
                attributes: bytes(20),
                payload: bytes(80)
            )
            let whole = event.bytes
            #expect(EventLeaf(bytes: whole) == event, "seed \(seed)")
            for length in 0..<whole.count - event.payload.count {
                #expect(EventLeaf(bytes: Array(whole[..<length])) == nil, "seed \(seed)")
            }
        }
    }
}
