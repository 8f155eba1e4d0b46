// SPDX-License-Identifier: Apache-2.0

import Events

/// Measures what the events of recordings cost on the link, and what Sluice's codec costs the processor.
package enum CodecBench {
    /// Passes over the events that are timed.
    private static let timedPasses = 10

    /// Measures one recording; throws ``BenchFault/mismatch(codec:recording:event:why:)`` where a byte is lost.
    package static func measure(_ recording: Recording, _ options: BenchOptions) throws -> RecordingResult {
        let measured = recording.measured(options)
        var result = RecordingResult(name: recording.name)
        let publications = recording.events.records[measured].reduce(0) { $0 + MQTTFraming.bytes(of: $1) }
        result.mqttBytesPerEvent = Double(publications) / Double(measured.count)
        try measureZstd(recording, options, &result)
        try measureSluice(recording, options, &result)
        for limit in options.primerSizes {
            var run = SluiceRun(recording, options, primerLimit: limit)
            let size = try run.pack()
            result.primerSizes.append(
                .init(limit: limit, published: run.primerBytes, bytesPerEvent: size.bytesPerEvent)
            )
        }
        return result
    }

    private static func measureZstd(
        _ recording: Recording,
        _ options: BenchOptions,
        _ result: inout RecordingResult
    ) throws {
        let measured = recording.measured(options)
        let rows = EventRows(recording.events, measured)
        let mismatch = { (row: Int) -> BenchFault in
            let event = measured.lowerBound + row + 1
            return .mismatch(codec: "zstd", recording: recording.name, event: event, why: "another byte")
        }
        var plain = try RowPacker(options)
        result.zstdBytesPerEvent = try plain.pack(rows, mismatch: mismatch).bytesPerEvent
        let choice = try DictionaryChoice(recording, options)
        guard let recipe = choice.recipe else {
            result.zstdDictionaryBytesPerEvent = result.zstdBytesPerEvent
            return
        }
        var packer = try RowPacker(options, dictionary: choice.bytes)
        result.zstdDictionaryBytesPerEvent = try packer.pack(rows, mismatch: mismatch).bytesPerEvent
        result.dictionary = recipe.description
    }

    private static func measureSluice(
        _ recording: Recording,
        _ options: BenchOptions,
        _ result: inout RecordingResult
    ) throws {
        var run = SluiceRun(recording, options, primerLimit: options.primerLimit)
        // The first pass warms the caches; its times do not count.
        let size = try run.pack()
        _ = try run.pack()
        for _ in 1..<timedPasses { try run.packAgain() }
        result.eventsPerBatch = size.eventsPerBatch
        result.sluiceBytesPerEvent = size.bytesPerEvent
        result.encodeMicroseconds = run.encodeTimes.microsecondsPerEvent
        result.encodePercentile99 = run.encodeTimes.percentile99PerEvent
        result.flushPercentile99 = run.encodeTimes.percentile99
        result.decodeMicroseconds = run.decodeTimes.microsecondsPerEvent
    }
}
