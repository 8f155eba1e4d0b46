// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Testing

@testable import Storage

@Suite struct PackFormatTests {
    private let lane = Lane(epoch: 0x0102_0304_0506_0708, partition: Partition(eventClass: .bulk, slot: 70))

    /// A batch of two events, as version 1 writes it.
    private let batch: [UInt8] = [
        0x10, 0xE8, 0x07, 0x02, 0xD0, 0x0F, 0x03, 0x61, 0x2F, 0x62, 0x01, 0x31, 0x03, 0x61, 0x2F, 0x62, 0x01, 0x32,
    ]

    private func decode(_ body: [UInt8], _ key: UInt64) -> PackFormat.Body? {
        body.withUnsafeBytes { PackFormat.decode($0, key: key) }
    }

    /// Checksum, epoch, partition 212, count 2, batch.
    @Test func `bodies of format 4 can still be read`() {
        let golden: [UInt8] = [0xB6, 0x03, 0xC7, 0xD4, 1, 2, 3, 4, 5, 6, 7, 8, 0xD4, 0x01, 2] + batch
        #expect(PackFormat.encode(batch, count: 2, lane: lane, key: 1_000) == golden)
        #expect(decode(golden, 1_000) == PackFormat.Body(lane: lane, count: 2, content: 15..<33))
    }

    @Test func `a primer lies under key 0 and nowhere else`() {
        let primer = PackFormat.encode([1, 2, 3], count: 0, lane: lane, key: PackFormat.primerKey)
        #expect(decode(primer, PackFormat.primerKey)?.count == 0)
        #expect(decode(PackFormat.encode([1, 2, 3], count: 0, lane: lane, key: 5), 5) == nil)
        #expect(decode(PackFormat.encode([1, 2, 3], count: 1, lane: lane, key: 0), 0) == nil)
    }

    @Test func `a flipped bit, a missing byte and another key are noticed`() {
        let body = PackFormat.encode(batch, count: 2, lane: lane, key: 1_000)
        for bit in 0..<body.count * 8 {
            var damaged = body
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(decode(damaged, 1_000) == nil, "bit \(bit)")
        }
        for length in 0..<body.count { #expect(decode(Array(body[..<length]), 1_000) == nil) }
        #expect(decode(body, 1_001) == nil)
    }

    @Test func `an event's row is no batch, and a batch no event's row`() {
        var block = EventBlock()
        block.append(sequence: 1_000, timestamp: 1, topic: "a/b", payload: Array("payload".utf8))
        let event = Array("a/bpayload".utf8)
        var row = [UInt8](repeating: 0, count: RowFormat.maximumHead + event.count)
        let length = event.withUnsafeBytes { event in
            row.withUnsafeMutableBytes {
                RowFormat.encode(block.records[0], of: event, lane: lane, sequence: 1_000, to: $0)
            }
        }
        #expect(decode(Array(row[..<length]), 1_000) == nil)
        let body = PackFormat.encode(batch, count: 2, lane: lane, key: 1_000)
        #expect(body.withUnsafeBytes { RowFormat.decode($0, sequence: 1_000) } == nil)
    }
}
