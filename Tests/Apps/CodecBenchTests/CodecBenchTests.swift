// SPDX-License-Identifier: Apache-2.0

import Events
import Testing

@testable import CodecBench

@Suite struct CodecBenchTests {
    private func measure(_ lines: [String], _ options: BenchOptions = BenchOptions()) throws -> RecordingResult {
        try withRecording(lines) { try CodecBench.measure(Recording(path: $0), options) }
    }

    @Test func `a recording comes to figures in the order that is to be expected`() throws {
        let result = try measure(sensorLines(400))
        #expect(result.name == "pump")
        // 74, fixed header 2, topic 2 + 11, identifier 2, payload 49.
        #expect(result.mqttBytesPerEvent == 140)
        #expect(result.zstdBytesPerEvent < result.mqttBytesPerEvent / 5)
        #expect(result.zstdDictionaryBytesPerEvent <= result.zstdBytesPerEvent)
        #expect(result.sluiceBytesPerEvent < result.zstdDictionaryBytesPerEvent)
        #expect(result.eventsPerBatch > 60)
        #expect(result.encodeMicroseconds > 0 && result.decodeMicroseconds > 0)
        #expect(result.flushPercentile99 > result.encodePercentile99)
    }

    @Test func `a line of JSON has the keys that scripts read`() throws {
        var result = RecordingResult(name: "pump")
        result.eventsPerBatch = 12.5
        result.mqttBytesPerEvent = 142
        result.zstdBytesPerEvent = 20.25
        result.zstdDictionaryBytesPerEvent = 10.125
        result.sluiceBytesPerEvent = 4.0625
        result.encodeMicroseconds = 1.5
        result.decodeMicroseconds = 0.75
        #expect(
            result.json == """
                {"name":"pump","events_per_batch":12.50,"mqtt_bytes_per_event":142.000,"zstd_bytes_per_event":20.250,\
                "zstd_dictionary_bytes_per_event":10.125,"sluice_bytes_per_event":4.063,"encode_us":1.500,\
                "decode_us":0.750}
                """
        )
        result.primerSizes = [.init(limit: 4_096, published: 300, bytesPerEvent: 4.5)]
        #expect(result.json.hasSuffix(#","sluice_bytes_per_event_by_primer":{"4096":4.500}}"#))
    }

    @Test func `fewer events in a batch cost more each`() throws {
        var options = BenchOptions()
        let full = try measure(sensorLines(400))
        options.batchEvents = 8
        let few = try measure(sensorLines(400), options)
        #expect(few.eventsPerBatch == 8)
        #expect(few.sluiceBytesPerEvent > full.sluiceBytesPerEvent)
        #expect(few.zstdBytesPerEvent > full.zstdBytesPerEvent)
        #expect(few.zstdDictionaryBytesPerEvent > full.zstdDictionaryBytesPerEvent)
    }

    @Test func `each primer size has its line, and no primer publishes nothing`() throws {
        var options = BenchOptions()
        options.primerSizes = [0, 1 << 10]
        let result = try measure(sensorLines(400), options)
        #expect(result.primerSizes.map(\.limit) == [0, 1 << 10])
        #expect(result.primerSizes.map { $0.published > 0 } == [false, true])
        let rows = ResultTable.row(result).split(separator: "\n")
        #expect(rows.count == 3)
        #expect(rows[1].hasPrefix("  no primer") && rows[2].hasPrefix("  1 KB primer"))
    }

    @Test func `what is measured ends where it is told to, behind the first tenth`() throws {
        try withRecording(sensorLines(400)) { path in
            let recording = try Recording(path: path)
            var options = BenchOptions()
            options.measuredEvents = 100
            #expect(recording.measured(options) == 40..<140)
            options.measuredEvents = nil
            #expect(recording.measured(options) == 40..<400)
        }
    }

    @Test(arguments: [10, 11, 39])
    func `a recording that hardly trains is measured all the same`(count: Int) throws {
        let result = try measure(sensorLines(count))
        #expect(result.sluiceBytesPerEvent > 0 && result.zstdBytesPerEvent > 0)
    }

    @Test func `events that no packet holds and empty ones are measured, too`() throws {
        let long = String(repeating: "Ab3_", count: 100)
        let topic = String(repeating: "t/", count: 200)
        let lines = (0..<60).map { index in
            switch index % 3 {
            case 0: #"{"topic":"\#(topic)","ts_ms":\#(index),"payload":"\#(index)\#(long)"}"#
            case 1: #"{"topic":"e","ts_ms":-\#(index),"payload":""}"#
            default: #"{"topic":"b","payload_b64":"AP+A"}"#
            }
        }
        var options = BenchOptions()
        options.mtu = 64
        #expect(try measure(lines, options).eventsPerBatch >= 1)
    }

    @Test func `the geometric mean is that of the factors`() {
        let results = [(8.0, 4.0), (8.0, 1.0)].map { dictionary, sluice in
            var result = RecordingResult(name: "r")
            result.zstdDictionaryBytesPerEvent = dictionary
            result.sluiceBytesPerEvent = sluice
            return result
        }
        #expect(ResultTable.summary(results).hasSuffix(" 4.00"))
    }
}
