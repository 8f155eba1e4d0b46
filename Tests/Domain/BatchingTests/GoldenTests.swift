// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Testing

@Suite struct GoldenTests {
    static let batches: [(mode: UInt8, batch: [UInt8], events: [Golden.Event])] = [
        (0, Golden.rows, Golden.noise),
        (1, Golden.compressedRows, Golden.words),
        (2, Golden.columns, Golden.fewEvents),
        (3, Golden.compressedColumns, Golden.events),
    ]

    @Test(arguments: batches.indices)
    func `batches of version 1 can still be opened`(index: Int) throws {
        let (mode, batch, events) = Self.batches[index]
        #expect(batch.first == 0x10 | mode)
        var decoder = BatchDecoder()
        var block = EventBlock()
        try decoder.decode(batch.span.bytes, maximumBytes: 1 << 20, into: &block)
        #expect(block.count == events.count)
        for (index, event) in events.enumerated() where index < block.count {
            #expect(block.records[index].sequence == 1_000 + UInt64(index))
            #expect(block.records[index].timestamp == event.timestamp)
            #expect(block.topic(at: index) == event.topic)
            #expect(Array(block.payload(at: index)) == event.payload)
            #expect(Array(block.attributes(at: index)) == event.attributes)
        }
    }
}
