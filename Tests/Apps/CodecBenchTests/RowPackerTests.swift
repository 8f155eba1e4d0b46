// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import CodecBench

@Suite struct RowPackerTests {
    @Test func `a batch holds what fits and one more event does not`() throws {
        try withRecording(sensorLines(300)) { path in
            let rows = EventRows(try Recording(path: path).events, 0..<300)
            for mtu in [64, 300, 1_200] {
                var options = BenchOptions()
                options.mtu = mtu
                var packer = try RowPacker(options)
                var zstd = try ZstdRows(dictionary: [])
                let batch = try packer.next(rows, from: 20)
                let more = rows.place(of: 20..<21 + batch.events)
                #expect(batch.bytes <= mtu || batch.events == 1)
                #expect(try 8 + zstd.length(of: more, in: rows.bytes) > mtu)
            }
        }
    }

    @Test func `every recipe makes a dictionary that opens what it closed`() throws {
        try withRecording(sensorLines(600)) { path in
            let recording = try Recording(path: path)
            let rows = EventRows(recording.events, 0..<400)
            let others = EventRows(recording.events, 400..<600)
            var plain = try RowPacker(BenchOptions())
            let bytes = try plain.pack(others).bytesPerEvent
            for recipe in DictionaryRecipe.all {
                let dictionary = try #require(recipe.build(rows, halfBatch: 10), "\(recipe)")
                var packer = try RowPacker(BenchOptions(), dictionary: dictionary)
                let size = try packer.pack(others) { row in
                    .mismatch(codec: "zstd", recording: "\(recipe)", event: row, why: "")
                }
                #expect(size.bytesPerEvent < bytes, "\(recipe)")
            }
        }
    }

    @Test func `the last batch counts only where it is alone`() {
        var size = PackedSize()
        size.add(events: 2, bytes: 30)
        #expect(size.bytesPerEvent == 15 && size.eventsPerBatch == 2)
        size.add(events: 4, bytes: 40)
        size.add(events: 1, bytes: 20)
        #expect(size.eventsPerBatch == 3)
        #expect(abs(size.bytesPerEvent - 70.0 / 6) < 1e-9)
        #expect(abs(size.bytesPerEventOfAll - 90.0 / 7) < 1e-9)
    }
}
