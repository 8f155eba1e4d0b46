// SPDX-License-Identifier: Apache-2.0

import Events
import Testing

@Suite struct ClockWatchTests {
    static let start: Int64 = 1_767_225_600_000

    private func reading(_ uptime: Int64, ahead: Int64 = 0, synchronised: Bool = true) -> ClockReading {
        ClockReading(boot: 1, uptime: uptime, wall: Self.start + uptime + ahead, isSynchronised: synchronised)
    }

    @Test func `a clock that runs on is recorded once a day`() {
        var watch = ClockWatch(reading(0))
        var records = 0
        for hour in 1...72 where watch.isDue(reading(Int64(hour) * 3_600_000)) { records += 1 }
        #expect(records == 3)
    }

    @Test(arguments: [Int64(-1_001), 1_001, 1_600_000_000_000, -1_600_000_000_000])
    func `a step is recorded at once, and once`(step: Int64) {
        var watch = ClockWatch(reading(0))
        let after = reading(10, ahead: step, synchronised: false)
        #expect(watch.isDue(after) == true)
        #expect(watch.isDue(reading(20, ahead: step, synchronised: false)) == false)
    }

    @Test func `a clock that is slewed is recorded when it has gone a second`() {
        var watch = ClockWatch(reading(0))
        // 500 ppm, the most that adjtimex(2) takes.
        let due = (1...3_000).first { watch.isDue(reading(Int64($0) * 1_000, ahead: Int64($0) / 2)) }
        #expect(due == 2_002)
    }

    @Test func `a change of the kernel's word is recorded, but not ten times a second`() {
        var watch = ClockWatch(reading(0, synchronised: false))
        #expect(watch.isDue(reading(9_999)) == false)
        #expect(watch.isDue(reading(10_000)) == true)
        let flaps = (0..<1_000).filter { watch.isDue(reading(10_000 + Int64($0) * 100, synchronised: $0 % 2 == 0)) }
        #expect((5...10).contains(flaps.count))
    }

    @Test func `events of one block are told apart by the clock that they are nearer to`() {
        let before = ClockReading(boot: 1, uptime: 0, wall: 0, isSynchronised: false)
        let after = ClockReading(boot: 1, uptime: 60_000, wall: Self.start, isSynchronised: true)
        let stamps = [59_990, 59_995, Self.start - 4, Self.start]
        #expect(ClockWatch.firstStamped(by: after, after: before, stamps) == 2)
        #expect(ClockWatch.firstStamped(by: after, after: before, stamps[2...]) == 0)
        #expect(ClockWatch.firstStamped(by: after, after: before, stamps[..<2]) == 2)
        #expect(ClockWatch.firstStamped(by: after, after: before, [Int64.min, Int64.max]) == 1)
    }

    @Test func `what says least is dropped first`() {
        func at(_ uptime: Int64, _ ahead: Int64) -> ClockReading { reading(uptime, ahead: ahead) }
        #expect(ClockRecord.leastTelling([at(0, 0), at(1, 5_000)]) == nil)
        #expect(ClockRecord.leastTelling([at(0, 0), at(1, 9_000), at(2, 4_000), at(3, 4_100), at(4, 0)]) == 3)
        #expect(ClockRecord.leastTelling([at(0, 0), at(1, 9_000), at(2, 7_000), at(3, 0)]) == 2)
    }
}
