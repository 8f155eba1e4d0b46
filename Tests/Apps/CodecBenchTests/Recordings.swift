// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials

/// Recordings in a directory that is gone afterwards.
@discardableResult
func withRecording<Result>(
    _ lines: [String],
    name: String = "pump.jsonl",
    _ body: (String) throws -> Result
) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "codec-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let file = directory.appending(path: name)
    try Data(lines.joined(separator: "\n").utf8).write(to: file)
    return try body(file.path)
}

/// Lines of a sensor that reports every second.
func sensorLines(_ count: Int) -> [String] {
    (0..<count).map { index in
        let time = 1_700_000_000_000 + index * 1_000
        let value = "\(20 + index % 7).\(index * 37 % 10)"
        let payload = #"{\"ts\":\#(time),\"device\":\"pump-1\",\"bar\":\#(value)}"#
        return #"{"topic":"site/pump/1","ts_ms":\#(time + index % 5),"payload":"\#(payload)"}"#
    }
}
