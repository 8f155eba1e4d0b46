// SPDX-License-Identifier: Apache-2.0

/// What the clocks of a node said at one moment.
package struct ClockReading: Sendable, Hashable {
    /// Times beyond this, 140,000 years from 1970 or from a boot, are nobody's: sums of a few of them do not overflow.
    package static let limit: Int64 = 1 << 52

    /// Names a run of the kernel; 0 where it has no name.
    package var boot: UInt64
    /// Milliseconds since that boot, time in suspend included (clock_gettime(2), `CLOCK_BOOTTIME`).
    ///
    /// Nobody sets this clock: it is what ages and corrections are measured with.
    package var uptime: Int64
    /// Milliseconds since 1970-01-01T00:00:00Z by the clock that stamps events.
    package var wall: Int64
    package var quality: ClockQuality

    package init(boot: UInt64, uptime: Int64, wall: Int64, quality: ClockQuality) {
        self.boot = boot
        self.uptime = uptime
        self.wall = wall
        self.quality = quality
    }

    package init(boot: UInt64, uptime: Int64, wall: Int64, isSynchronised: Bool) {
        self.init(
            boot: boot,
            uptime: uptime.clamped,
            wall: wall.clamped,
            quality: ClockQuality(wall: wall, isSynchronised: isSynchronised)
        )
    }

    /// What the wall clock said, or would have said, when the kernel started.
    package var offset: Int64 { wall - uptime }

    /// Whether both are of one run of the kernel, so that their uptimes can be compared.
    package func isSameBoot(as other: ClockReading) -> Bool { boot == other.boot && boot != 0 }
}

extension Int64 {
    /// Within what a ``ClockReading`` may say.
    var clamped: Int64 { Swift.min(Swift.max(self, -ClockReading.limit), ClockReading.limit) }
}
