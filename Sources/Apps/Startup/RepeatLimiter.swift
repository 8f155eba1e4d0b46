// SPDX-License-Identifier: Apache-2.0

/// Decides which log lines are written: an identical line at most once per interval, then with a count of repeats.
///
/// Pure: takes the time, returns what to write. Holds at most ``capacity`` lines.
package struct RepeatLimiter {
    /// What to do with a line.
    package enum Verdict: Equatable {
        /// Write it; so many like it were held back since it was written last.
        case write(repeats: Int)
        case hold
    }

    private struct Entry {
        var written: Duration
        var held = 0
    }

    package let interval: Duration
    package let capacity: Int
    private var entries: [String: Entry] = [:]

    package init(interval: Duration = .seconds(10), capacity: Int = 64) {
        self.interval = interval
        self.capacity = capacity
    }

    /// - Parameter now: time since any fixed point, never running backwards.
    package mutating func verdict(for line: String, now: Duration) -> Verdict {
        if var entry = entries[line] {
            if now - entry.written < interval {
                entry.held += 1
                entries[line] = entry
                return .hold
            }
            entries[line] = Entry(written: now)
            return .write(repeats: entry.held)
        }
        if entries.count >= capacity { makeRoom(now: now) }
        entries[line] = Entry(written: now)
        return .write(repeats: 0)
    }

    /// Lines that were held back and have not come again for an interval: they are written once more, with the count.
    package mutating func takeOverdue(now: Duration) -> [(line: String, repeats: Int)] {
        let overdue = entries.filter { now - $0.value.written >= interval }
        for line in overdue.keys { entries[line] = nil }
        return overdue.filter { $0.value.held > 0 }.map { ($0.key, $0.value.held) }.sorted { $0.line < $1.line }
    }

    /// Forgets the line that was written longest ago.
    private mutating func makeRoom(now: Duration) {
        if let oldest = entries.min(by: { $0.value.written < $1.value.written }) { entries[oldest.key] = nil }
    }
}
