// SPDX-License-Identifier: Apache-2.0

import Events
import Testing

@Suite struct ClockHistoryTests {
    /// The beginning of 2026, UTC.
    static let start: Int64 = 1_767_225_600_000

    private func entry(
        _ epoch: UInt64,
        _ ordinal: UInt32,
        boot: UInt64,
        uptime: Int64,
        wall: Int64,
        synchronised: Bool = false,
        first: UInt64 = 1
    ) -> ClockHistory.Entry {
        ClockHistory.Entry(
            epoch: Epoch(id: 100 + epoch, ordinal: epoch),
            record: ClockRecord(
                ordinal: ordinal,
                reading: ClockReading(boot: boot, uptime: uptime, wall: wall, isSynchronised: synchronised),
                places: [.init(partition: Partition(number: 1), first: first)]
            )
        )
    }

    private func time(
        _ entries: [ClockHistory.Entry],
        epoch: UInt64 = 1,
        _ sequence: UInt64,
        _ raw: Int64
    ) -> EventTime {
        let lane = Lane(epoch: 100 + epoch, partition: Partition(number: 1))
        return ClockHistory(entries.shuffled()).clock(of: lane).time(of: sequence, raw: raw)
    }

    @Test func `without records nothing is said`() {
        #expect(time([], 1, 5) == EventTime(milliseconds: 5, quality: .unknown))
        #expect(time([entry(2, 1, boot: 1, uptime: 0, wall: 0)], 1, 5).quality == .unknown)
    }

    @Test func `a synchronised clock is believed`() {
        let records = [entry(1, 1, boot: 1, uptime: 0, wall: Self.start, synchronised: true)]
        #expect(time(records, 7, Self.start + 9) == EventTime(milliseconds: Self.start + 9, quality: .synchronised))
    }

    @Test func `a boot in 1970 is corrected when the time comes, and a step back later`() {
        let records = [
            entry(1, 1, boot: 1, uptime: 5_000, wall: 5_000),
            entry(1, 2, boot: 1, uptime: 65_000, wall: Self.start, synchronised: true, first: 4),
            // 2010
            entry(1, 3, boot: 1, uptime: 95_000, wall: 1_262_304_000_000, first: 9),
        ]
        let boot = Self.start - 65_000
        #expect(time(records, 3, 8_000) == EventTime(milliseconds: boot + 8_000, quality: .corrected))
        #expect(time(records, 4, Self.start) == EventTime(milliseconds: Self.start, quality: .synchronised))
        #expect(
            time(records, 9, 1_262_304_002_000) == EventTime(milliseconds: Self.start + 32_000, quality: .corrected)
        )
        // Before the network came there was only what the clock said.
        #expect(time(Array(records[..<1]), 3, 8_000) == EventTime(milliseconds: 8_000, quality: .unset))
    }

    @Test func `a restart of the agent does not part events from their boot`() {
        let records = [
            entry(1, 1, boot: 1, uptime: 5_000, wall: 5_000),
            entry(2, 1, boot: 1, uptime: 65_000, wall: 65_000),
            entry(2, 2, boot: 1, uptime: 90_000, wall: Self.start, synchronised: true),
        ]
        #expect(
            time(records, 1, 6_000) == EventTime(milliseconds: Self.start - 84_000, quality: .corrected)
        )
    }

    @Test func `a boot that never learned the time lies between those that did`() {
        let before = entry(1, 1, boot: 1, uptime: 5_000, wall: Self.start, synchronised: true)
        let lost = [
            entry(2, 1, boot: 2, uptime: 10_000, wall: 10_000),
            entry(2, 2, boot: 2, uptime: 50_000, wall: 50_000),
        ]
        let after = entry(3, 1, boot: 3, uptime: 20_000, wall: Self.start + 3_600_000, synchronised: true)
        #expect(
            time([before] + lost + [after], epoch: 2, 1, 30_000)
                == EventTime(milliseconds: Self.start + 30_000, quality: .bounded)
        )
        // Nothing before it: it ended when the next boot began.
        #expect(
            time(lost + [after], epoch: 2, 1, 30_000)
                == EventTime(milliseconds: Self.start + 3_580_000 - 20_000, quality: .bounded)
        )
    }

    @Test func `a clock that may be right is left alone unless it cannot be`() {
        let before = entry(1, 1, boot: 1, uptime: 0, wall: Self.start, synchronised: true)
        let after = entry(3, 1, boot: 3, uptime: 0, wall: Self.start + 3_600_000, synchronised: true)
        func middle(_ wall: Int64) -> EventTime {
            time([before, entry(2, 1, boot: 2, uptime: 1_000, wall: wall), after], epoch: 2, 1, wall)
        }
        #expect(middle(Self.start + 60_000) == EventTime(milliseconds: Self.start + 60_000, quality: .unsynchronised))
        #expect(middle(Self.start - 60_000) == EventTime(milliseconds: Self.start + 1_000, quality: .bounded))
        #expect(middle(Self.start + 9_000_000) == EventTime(milliseconds: Self.start + 3_600_000, quality: .bounded))
    }

    @Test func `a kernel without a name is only ever itself`() {
        let records = [
            entry(1, 1, boot: 0, uptime: 5_000, wall: 5_000),
            entry(1, 2, boot: 0, uptime: 9_000, wall: Self.start, synchronised: true, first: 2),
            entry(2, 1, boot: 0, uptime: 3_000, wall: 3_000),
        ]
        #expect(time(records, 1, 6_000).quality == .corrected)
        #expect(time(records, epoch: 2, 1, 6_000).quality == .bounded)
    }

    @Test func `times at the ends of what a number holds do not overflow`() {
        let records = [
            entry(1, 1, boot: 1, uptime: ClockReading.limit, wall: -ClockReading.limit),
            entry(1, 2, boot: 1, uptime: 0, wall: ClockReading.limit, synchronised: true, first: 2),
        ]
        #expect(time(records, 1, .max).milliseconds == .max)
        #expect(time(records, 1, .min).quality == .corrected)
    }
}
