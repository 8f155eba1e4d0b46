// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Logging
import Synchronization

/// Writes log lines to a file descriptor, one write each, repeats held back.
package final class LogOutput: Sendable {
    /// How a line begins.
    package enum Style: Sendable {
        /// A UTC time to the millisecond, for people and files.
        case timed
        /// `<N>`, which journald takes for the priority (sd-daemon(3)); it has the time itself.
        case journal
    }

    private let descriptor: Int32
    private let style: Style
    private let limiter = Mutex(RepeatLimiter())

    package init(descriptor: Int32 = STDERR_FILENO, style: Style) {
        self.descriptor = descriptor
        self.style = style
    }

    /// Standard error, in journald's style when journald reads it.
    package static func standardError(environment: [String: String]) -> LogOutput {
        LogOutput(style: environment["JOURNAL_STREAM"] == nil ? .timed : .journal)
    }

    /// Writes one line unless it only repeats what was just written.
    package func write(level: Logger.Level, _ text: String) {
        let now = Self.monotonicTime()
        let line = "\(level) \(text)"
        let lines = limiter.withLock { limiter in
            var lines = limiter.takeOverdue(now: now).filter { $0.line != line }
            if case .write(let repeats) = limiter.verdict(for: line, now: now) { lines.append((line, repeats)) }
            return lines
        }
        for (line, repeats) in lines { put(line, repeats: repeats, level: level) }
    }

    private func put(_ line: String, repeats: Int, level: Logger.Level) {
        var text: String
        switch style {
        case .timed: text = "\(Self.wallTime()) \(line)"
        case .journal: text = "<\(Self.priority(level))>" + line.drop { $0 != " " }.dropFirst()
        }
        if repeats > 0 { text += " (repeated \(repeats) times)" }
        text += "\n"
        text.withUTF8 { _ = Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }

    /// RFC 5424 section 6.2.1.
    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    private static func monotonicTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private static func wallTime() -> String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        gmtime_r(&time.tv_sec, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let milliseconds = String(1000 + time.tv_nsec / 1_000_000).dropFirst()
        return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
            + "T\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)).\(milliseconds)Z"
    }
}
