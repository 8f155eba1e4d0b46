// SPDX-License-Identifier: Apache-2.0

import Events
import TestSupport
import Testing

@Suite struct RunningTimeTests {
    private func mark(_ time: RunningTime, _ clock: ManualClock) -> RunningTime.Mark {
        RunningTime.Mark(running: time.running(at: clock.read()), reading: clock.read())
    }

    @Test func `it runs with the uptime whatever the wall clock does`() {
        let clock = ManualClock(wall: 0)
        var time = RunningTime(after: [], at: clock.read())
        clock.advance(.seconds(60))
        clock.synchronise()
        #expect(time.look(at: clock.read()) == 0)
        clock.step(to: clock.truth + 50 * 365 * 86_400_000)
        clock.advance(.seconds(60))
        #expect(time.look(at: clock.read()) == 0)
        clock.step(to: 0)
        clock.advance(.seconds(60))
        #expect(time.running(at: clock.read()) == 180_000)
    }

    @Test func `an agent that was away in the same boot counts that`() {
        let clock = ManualClock()
        let marks = [mark(RunningTime(after: [], at: clock.read()), clock)]
        clock.advance(.seconds(3_600))
        clock.step(to: 0)
        #expect(RunningTime(after: marks, at: clock.read()).running(at: clock.read()) == 3_600_000)
    }

    @Test func `over a reboot without a clock only the uptime is certain`() {
        let clock = ManualClock()
        let marks = [mark(RunningTime(after: [], at: clock.read()), clock)]
        clock.reboot(off: .seconds(100_000), wall: clock.truth + 50 * 365 * 86_400_000)
        clock.advance(.seconds(30))
        #expect(RunningTime(after: marks, at: clock.read()).running(at: clock.read()) == 30_000)
    }

    @Test func `the time when it comes tells how long it was off, and moves what was marked since the boot`() {
        let clock = ManualClock()
        let marks = [mark(RunningTime(after: [], at: clock.read()), clock)]
        clock.reboot(off: .seconds(100_000), wall: 0)
        clock.advance(.seconds(30))
        var time = RunningTime(after: marks, at: clock.read())
        clock.advance(.seconds(30))
        clock.synchronise()
        #expect(time.look(at: clock.read()) == 100_000_000)
        #expect(time.running(at: clock.read()) == 100_060_000)
        clock.advance(.seconds(30))
        #expect(time.look(at: clock.read()) == 0)
        #expect(time.running(at: clock.read()) == 100_090_000)
    }

    @Test func `a clock that was set back over a reboot takes nothing away`() {
        let clock = ManualClock()
        clock.advance(.seconds(500))
        let marks = [RunningTime.Mark(running: 500_000, reading: clock.read())]
        let back = ClockReading(boot: 9, uptime: 1_000, wall: ManualClock.newYear - 99_000, isSynchronised: true)
        #expect(RunningTime(after: marks, at: back).running(at: back) == 501_000)
    }

    @Test func `an event is never taken for older than its record`() {
        let reading = ClockReading(boot: 1, uptime: 0, wall: ManualClock.newYear, isSynchronised: true)
        let record = RunningTime.Mark(running: 7_000, reading: reading)
        #expect(RunningTime.running(raw: ManualClock.newYear + 500, record: record, end: 9_000) == 7_500)
        #expect(RunningTime.running(raw: 0, record: record, end: 9_000) == 7_000)
        #expect(RunningTime.running(raw: .max, record: record, end: 9_000) == 9_000)
        #expect(RunningTime.running(raw: .min, record: record, end: 9_000) == 7_000)
    }
}
