// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// Sends the measured events through Sluice's codec: sizes, times, and whether every byte comes back.
struct SluiceRun: ~Copyable {
    /// Nothing but the measured events: batches end with their block.
    private let events: EventBlock
    private let comparison: Comparison
    private let batchEvents: Int?
    private var codec: SluiceCodec
    private var batch: [UInt8] = []
    private var opened = EventBlock()

    private(set) var encodeTimes = Timings()
    private(set) var decodeTimes = Timings()

    init(_ recording: Recording, _ options: BenchOptions, primerLimit: Int) {
        let measured = recording.measured(options)
        events = recording.events.copy(measured)
        comparison = Comparison(recording: recording.name, first: measured.lowerBound, events: events)
        batchEvents = options.batchEvents
        codec = SluiceCodec(recording, mtu: options.mtu, primerLimit: primerLimit)
    }

    /// Bytes of the primer as it is published.
    var primerBytes: Int { codec.primerBytes }

    /// Encodes all events, decodes each batch and compares; keeps the times of this pass only.
    mutating func pack() throws(BenchFault) -> PackedSize {
        encodeTimes = Timings()
        decodeTimes = Timings()
        return try packAgain()
    }

    /// As ``pack()``, but adds to the times of the passes before.
    @discardableResult
    mutating func packAgain() throws(BenchFault) -> PackedSize {
        var size = PackedSize()
        var start = 0
        while start < events.count {
            let count = try encode(from: start)
            try decode(start..<start + count)
            size.add(events: count, bytes: batch.count)
            start += count
        }
        return size
    }

    private mutating func encode(from start: Int) throws(BenchFault) -> Int {
        batch.removeAll(keepingCapacity: true)
        let some = batchEvents.map { events.copy(start..<min(start + $0, events.count)) }
        let begin = Timings.now()
        let count = codec.encode(some ?? events, from: some == nil ? start : 0, into: &batch)
        encodeTimes.add(since: begin, events: count)
        guard count > 0 else { throw comparison.mismatch(start, "no batch takes it") }
        return count
    }

    private mutating func decode(_ range: Range<Int>) throws(BenchFault) {
        opened.removeAll()
        let begin = Timings.now()
        do throws(BatchFault) {
            try codec.decode(batch, into: &opened)
        } catch {
            throw comparison.mismatch(range.lowerBound, "its batch does not open: \(error)")
        }
        decodeTimes.add(since: begin, events: range.count)
        try comparison.check(opened, range)
    }
}
