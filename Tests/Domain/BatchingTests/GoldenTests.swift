// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Testing

@Suite struct GoldenTests {
    /// A batch of each mode, what it builds on, and what is in it.
    struct Case {
        var mode: UInt8
        var batch: [UInt8]
        var events: ArraySlice<Golden.Event>
        var primer: [UInt8]?
        var firstSequence: UInt64 = 1_000
    }

    static let cases: [Case] = [
        Case(mode: 0, batch: Golden.rows, events: Golden.noise[...]),
        Case(mode: 1, batch: Golden.compressedRows, events: Golden.words[...]),
        Case(mode: 2, batch: Golden.columns, events: Golden.fewEvents[...]),
        Case(mode: 3, batch: Golden.compressedColumns, events: Golden.events[...]),
        Case(
            mode: 10,
            batch: Golden.primedColumns,
            events: Golden.events[60...],
            primer: Golden.primer,
            firstSequence: 1_060
        ),
        Case(mode: 11, batch: Golden.primedEchoes, events: Golden.echoes[...], primer: Golden.wordsPrimer),
    ]

    @Test(arguments: cases.indices)
    func `batches of version 1 can still be opened`(index: Int) throws {
        let golden = Self.cases[index]
        #expect(golden.batch.first == 0x10 | golden.mode)
        var decoder = BatchDecoder()
        var block = EventBlock()
        try decoder.decode(
            golden.batch.span.bytes,
            primer: golden.primer.map { try Primer(bytes: $0) },
            maximumBytes: 1 << 20,
            into: &block
        )
        #expect(block.count == golden.events.count)
        for (index, event) in golden.events.enumerated() where index < block.count {
            #expect(block.records[index].sequence == golden.firstSequence + UInt64(index))
            #expect(block.records[index].timestamp == event.timestamp)
            #expect(block.topic(at: index) == event.topic)
            #expect(Array(block.payload(at: index)) == event.payload)
            #expect(Array(block.attributes(at: index)) == event.attributes)
        }
    }

    @Test func `a primer of version 1 keeps its name`() throws {
        #expect(try Primer(bytes: Golden.primer).identifier == PrimerIdentifier(rawValue: 0x030d_c8eb_085f_312f))
    }
}
