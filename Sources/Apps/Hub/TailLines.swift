// SPDX-License-Identifier: Apache-2.0

package import Events
import Glibc
package import Storage

/// What `tail` prints: `time node topic payload`, one event a line, for people.
///
/// `(historical)` stands behind the node where newer events of the partition had landed before.
package enum TailLines {
    /// The lines of one log entry.
    ///
    /// - Parameter clock: what corrects the times of its events; one that is a guess has a question mark.
    package static func lines(_ entry: LogEntry, clock: LaneClock) -> [String] {
        entry.block.records.indices.map { index in
            let record = entry.block.records[index]
            let note = entry.isHistorical ? " (historical)" : ""
            let time = time(clock.time(of: record.sequence, raw: record.timestamp))
            return "\(time) \(entry.node)\(note) \(printable(entry.block.topic(at: index))) "
                + payload(entry.block.payload(at: index))
        }
    }

    private static func time(_ event: EventTime) -> String {
        switch event.quality {
        case .synchronised, .corrected, .unknown: time(event.milliseconds)
        case .unsynchronised, .bounded, .unset: time(event.milliseconds) + "?"
        }
    }

    /// UTC, to the millisecond (RFC 3339).
    static func time(_ milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1_000)
        var rest = milliseconds % 1_000
        if rest < 0 {
            rest += 1_000
            seconds -= 1
        }
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
            + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).\(String(1_000 + rest).dropFirst())Z"
    }

    private static func payload(_ bytes: ArraySlice<UInt8>) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { return "(\(bytes.count) bytes)" }
        return printable(text)
    }

    /// A device must not be able to move the cursor of whoever looks (ECMA-48).
    private static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: \.isControl) else { return text }
        var out = ""
        for scalar in text.unicodeScalars {
            if scalar.isControl { out += scalar.escaped(asASCII: true) } else { out.unicodeScalars.append(scalar) }
        }
        return out
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }
}
