// SPDX-License-Identifier: Apache-2.0

/// Decides when a node writes a clock record.
package struct ClockWatch: Sendable {
    /// Milliseconds by which wall clock and uptime may part before it is a step.
    ///
    /// More than a leap second or what a time daemon slews in half an hour, less than anybody sets a clock by.
    package static let bound: Int64 = 1_000
    /// Milliseconds between two records when nothing happens: one a day bounds what is said of a boot that ended badly.
    package static let interval: Int64 = 24 * 3_600_000
    /// Milliseconds between two records that say only that the kernel's word on its clock changed.
    package static let patience: Int64 = 10_000

    /// What the last record said.
    package private(set) var last: ClockReading

    /// - Parameter first: what the epoch's first record said.
    package init(_ first: ClockReading) {
        last = first
    }

    /// Whether a record is due; then it is thought to be written.
    package mutating func isDue(_ reading: ClockReading) -> Bool {
        let elapsed = reading.uptime - last.uptime
        let isStep = abs(reading.offset - last.offset) > Self.bound
        let isNews = reading.quality != last.quality && elapsed >= Self.patience
        guard isStep || isNews || elapsed >= Self.interval else { return false }
        last = reading
        return true
    }

    /// Which events of a block, all taken shortly before `reading`, were stamped by the clock as it is since then.
    ///
    /// Each was stamped by the clock before the step or by the clock after it: by the one that it is nearer to.
    ///
    /// - Parameter before: the record before `reading`.
    package static func firstStamped(
        by reading: ClockReading,
        after before: ClockReading,
        _ stamps: some Collection<Int64>
    ) -> Int {
        let expected = before.offset + reading.uptime
        let index = stamps.firstIndex { stamp in
            stamp.clamped.distance(to: reading.wall).magnitude <= stamp.clamped.distance(to: expected).magnitude
        }
        return stamps.distance(from: stamps.startIndex, to: index ?? stamps.endIndex)
    }
}
