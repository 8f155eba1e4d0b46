// SPDX-License-Identifier: Apache-2.0

/// How much time has certainly passed since a store was made: what the age of events is measured with.
///
/// Within a boot it runs with the uptime, which nobody sets. Over a reboot the uptime since then has certainly passed;
/// and, where the clock was synchronised at both ends, what it says. So it may be behind, never ahead: an event is as old
/// as it is said to be, or older.
package struct RunningTime: Sendable, Equatable {
    /// What it was when the clocks said something; this is what a store writes down.
    package struct Mark: Sendable, Equatable {
        /// Milliseconds.
        package var running: Int64
        package var reading: ClockReading

        package init(running: Int64, reading: ClockReading) {
            self.running = running
            self.reading = reading
        }
    }

    /// Grows with the uptime from here.
    private var base: Mark
    /// The last one at which the clock was synchronised.
    private var synchronised: Mark?

    /// Goes on in another opening of the store.
    ///
    /// - Parameter marks: all that was written down, in any order.
    package init(after marks: [Mark], at reading: ClockReading) {
        let latest = marks.max { $0.running < $1.running }
        let same = marks.filter { $0.reading.isSameBoot(as: reading) }.max { $0.reading.uptime < $1.reading.uptime }
        synchronised = marks.filter { $0.reading.quality == .synchronised }.max { $0.running < $1.running }
        var running: Int64 = 0
        if let latest { running = latest.running + (same == nil ? max(0, reading.uptime) : 0) }
        if let same { running = max(running, same.running + max(0, reading.uptime - same.reading.uptime)) }
        base = Mark(running: running.clamped, reading: reading)
        _ = look(at: reading)
    }

    /// What it is when the clocks say this.
    package func running(at reading: ClockReading) -> Int64 {
        (base.running + max(0, reading.uptime - base.reading.uptime)).clamped
    }

    /// Takes what the clocks say now.
    ///
    /// The first time that the clock is synchronised after a reboot tells how long the node was off.
    ///
    /// - Returns: by how much it jumped: what was marked in this boot moves with it, for it was off before that.
    package mutating func look(at reading: ClockReading) -> Int64 {
        var jump: Int64 = 0
        if reading.quality == .synchronised {
            if let known = synchronised, !known.reading.isSameBoot(as: reading), reading.boot != 0 {
                let elapsed = reading.wall - known.reading.wall
                jump = max(0, (known.running + elapsed).clamped - running(at: reading))
            }
            base = Mark(running: (running(at: reading) + jump).clamped, reading: reading)
            synchronised = base
        }
        return jump
    }

    /// When an event was taken, in running time: as late as it can have been.
    ///
    /// - Parameters:
    ///   - raw: what its node's clock said.
    ///   - record: the clock record that applies to it.
    ///   - end: the running time of the next record, or of now.
    package static func running(raw: Int64, record: Mark, end: Int64) -> Int64 {
        let since = raw.clamped - record.reading.wall
        // An event that seems to be older than its record was stamped by a clock that nobody wrote down.
        return min(max(record.running, record.running + since), max(record.running, end))
    }
}
