// SPDX-License-Identifier: Apache-2.0

import Glibc
import Startup

/// Results for people: a line per recording as it is done, and what they have in common.
package enum ResultTable {
    private static let nameWidth = 14
    private static let width = 9

    package static var heading: String {
        let columns = ["events/", "MQTT", "zstd", "zstd", "Sluice", "factor", "encode", "encode", "decode", "flush"]
        let notes = ["batch", "QoS 1", "-19", "+dict", "", "", "us/event", "p99", "us/event", "p99 us"]
        return line("bytes/event", columns) + "\n" + line("", notes)
    }

    /// The line of one recording, and one for each primer size.
    package static func row(_ result: RecordingResult) -> String {
        let figures = [
            decimal(result.eventsPerBatch, 1), decimal(result.mqttBytesPerEvent, 1),
            decimal(result.zstdBytesPerEvent, 2), decimal(result.zstdDictionaryBytesPerEvent, 2),
            decimal(result.sluiceBytesPerEvent, 2), decimal(result.factor, 2),
            decimal(result.encodeMicroseconds, 2), decimal(result.encodePercentile99, 2),
            decimal(result.decodeMicroseconds, 2), decimal(result.flushPercentile99, 0),
        ]
        let primers = result.primerSizes.map { primer in
            let name = primer.limit == 0 ? "  no primer" : "  \(primer.limit >> 10) KB primer"
            let figures = ["", "", "", "", decimal(primer.bytesPerEvent, 2)]
            return line(name, figures) + (primer.limit == 0 ? "" : "  published in \(primer.published) bytes")
        }
        let dictionary = "  dictionary: \(result.dictionary)"
        return ([line(result.name, figures) + dictionary] + primers).joined(separator: "\n")
    }

    /// The geometric mean of the factors of all recordings.
    package static func summary(_ results: [RecordingResult]) -> String {
        let mean = exp(results.reduce(0) { $0 + log($1.factor) } / Double(max(1, results.count)))
        return line("geometric mean", ["", "", "", "", "", decimal(mean, 2)])
    }

    private static func line(_ name: String, _ figures: [String]) -> String {
        name + String(repeating: " ", count: max(1, nameWidth - name.count))
            + figures.map { String(repeating: " ", count: max(1, width - $0.count)) + $0 }.joined()
    }

    private static func decimal(_ value: Double, _ digits: Int) -> String {
        value.isFinite ? JSONText.decimal(value, digits: digits) : "-"
    }
}
