// SPDX-License-Identifier: Apache-2.0

import Demo
import Events
import Testing

@testable import CodecBench

@Suite struct BadRecordingTests {
    @Test func `a bad line is named, empty lines counted`() throws {
        var lines = sensorLines(20)
        lines.insert("", at: 3)
        lines[7] = #"{"topic":"t"}"#
        try withRecording(lines) { path in
            let error = #expect(throws: BadLine.self) { _ = try Recording(path: path) }
            #expect(error?.line == 8)
            #expect(error?.description.hasPrefix("\(path), line 8: not the JSON object") == true)
        }
    }

    @Test func `a last line without newline is named, too`() throws {
        try withRecording(sensorLines(12) + ["nonsense"]) { path in
            let error = #expect(throws: BadLine.self) { _ = try Recording(path: path) }
            #expect(error?.line == 13)
        }
    }

    @Test func `too few events are refused`() throws {
        try withRecording(sensorLines(9)) { path in
            #expect(throws: BenchFault.tooFewEvents(path: path, count: 9)) { _ = try Recording(path: path) }
        }
    }

    @Test func `a topic that MQTT could not carry is refused`() throws {
        let topic = String(repeating: "t", count: 65_536)
        try withRecording([#"{"topic":"\#(topic)","payload":""}"#]) { path in
            #expect(throws: BenchFault.longTopic(path: path, event: 1)) { _ = try Recording(path: path) }
        }
    }

    @Test func `a file that is not there is named`() {
        #expect(throws: LineReader.Failure.self) { _ = try Recording(path: "/nowhere/at-all.jsonl") }
    }
}
