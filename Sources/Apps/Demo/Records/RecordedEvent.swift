// SPDX-License-Identifier: Apache-2.0

/// One line of a recording: `{"topic","ts_ms","payload"|"payload_b64"}`.
package struct RecordedEvent: Sendable, Equatable {
    package var topic: String
    /// Unix milliseconds at the recording gateway; 0 where the line has none.
    package var timestamp: Int64
    package var payload: [UInt8]

    package init(topic: String, timestamp: Int64 = 0, payload: [UInt8]) {
        self.topic = topic
        self.timestamp = timestamp
        self.payload = payload
    }

    /// Reads one line; throws ``MalformedLine`` when topic or payload is missing.
    package init(line: UnsafeRawBufferPointer) throws(MalformedLine) {
        var scanner = JSONLineScanner(line)
        var topic: String?
        var payload: [UInt8]?
        var timestamp: Int64 = 0
        while let key = try scanner.nextKey() {
            switch key {
            case "topic": topic = try scanner.string()
            case "ts_ms": timestamp = try scanner.integer()
            case "payload": payload = try scanner.bytes()
            case "payload_b64": payload = try Base64.decode(scanner.bytes())
            default: _ = try scanner.raw()
            }
        }
        guard let topic, let payload else { throw MalformedLine(at: line.count) }
        self.init(topic: topic, timestamp: timestamp, payload: payload)
    }
}
