// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Uplink

@Suite struct PaceMachineTests {
    /// Sends batches over a simulated pipe for a time; returns bytes delivered and the greatest in flight at the end.
    ///
    /// - Parameter burst: bytes that a token bucket lets through at once.
    private func run(
        rate: Double,
        delay: Duration,
        seconds: Int,
        batch: Int = 1_160,
        burst: Double = 0
    ) -> (delivered: Int, limit: Int, inFlight: Int, mostInFlight: Int) {
        var pace = PaceMachine(mtu: 1_200, linkTimeout: .seconds(10))
        var now: Duration = .zero
        var pipeFree: Duration = .zero
        var flying: [(arrives: Duration, stamp: PaceMachine.Stamp)] = []
        var delivered = 0
        var mostInFlight = 0
        while now < .seconds(seconds) {
            while pace.allows(batch) {
                let stamp = pace.sent(batch, at: now)
                pipeFree = max(pipeFree, now - .seconds(burst / rate)) + .seconds(Double(batch) / rate)
                flying.append((max(now, pipeFree) + delay, stamp))
            }
            mostInFlight = max(mostInFlight, pace.inFlight)
            let next = flying.removeFirst()
            now = max(now, next.arrives)
            delivered += batch
            pace.confirmed(batch, next.stamp, at: now)
        }
        return (delivered, pace.limit, pace.inFlight, mostInFlight)
    }

    @Test func `a slow link holds little more than two packets beyond what it carries`() {
        let result = run(rate: 8_000, delay: .milliseconds(50), seconds: 30)
        #expect(result.delivered > 8_000 * 28)
        #expect(result.limit <= 2 * 1_200 + 1_000)
    }

    @Test func `a slow link is known as such after the first half second`() {
        let result = run(rate: 8_000, delay: .milliseconds(50), seconds: 2)
        #expect(result.inFlight <= 2 * 1_200 + 1_000)
    }

    @Test(arguments: [1_600.0, 16_000])
    func `what a token bucket lets through at once is not taken for its rate`(burst: Double) {
        let start = run(rate: 8_000, delay: .milliseconds(5), seconds: 60, burst: burst)
        #expect(start.mostInFlight <= 4 << 10 + 3 * Int(burst), "before the rate was seen")
        let later = run(rate: 8_000, delay: .milliseconds(5), seconds: 8, burst: burst)
        #expect(later.inFlight <= 2 * 1_200, "after it was")
        #expect(start.delivered > 8_000 * 57)
    }

    @Test func `never more on the way than a quarter of the timeout at the measured rate`() {
        // Distance alone would allow more: two seconds of it.
        let result = run(rate: 20_000, delay: .seconds(2), seconds: 60)
        #expect(result.limit <= 50_000)
        #expect(result.limit >= 20_000)
    }

    @Test func `a long fast link is filled within a second`() {
        let result = run(rate: 5_000_000, delay: .milliseconds(100), seconds: 5)
        #expect(result.delivered > 5_000_000 * 3)
        #expect(result.limit > 500_000)
    }

    /// Each round trip that the pipe is not full is a tenth of a second of a drain lost: 200,000 events take some two.
    @Test(arguments: [500_000.0, 2_000_000])
    func `a long fast link is full after three round trips`(rate: Double) {
        var pace = PaceMachine(mtu: 1_200, linkTimeout: .seconds(10))
        pace.measured(since: .zero, at: .milliseconds(100))
        var now: Duration = .milliseconds(100)
        var pipeFree = now
        var flying: [(arrives: Duration, stamp: PaceMachine.Stamp)] = []
        while pace.inFlight < Int(rate / 10), now < .seconds(5) {
            while pace.allows(1_160) {
                pipeFree = max(pipeFree, now) + .seconds(1_160 / rate)
                flying.append((pipeFree + .milliseconds(100), pace.sent(1_160, at: now)))
            }
            guard pace.inFlight < Int(rate / 10) else { break }
            let next = flying.removeFirst()
            now = next.arrives
            pace.confirmed(1_160, next.stamp, at: now)
        }
        print("rounds: \((now.inSeconds - 0.1) * 10) at \(rate) bytes/s")
        #expect(now <= .milliseconds(100 + 330))
    }

    /// A hub that pauses for its disk would otherwise cost many round trips in which the window grows again.
    @Test func `a pause of the hub does not make a fast link a slow one`() {
        var pace = PaceMachine(mtu: 1_200, linkTimeout: .seconds(10))
        var now: Duration = .zero
        var pipeFree: Duration = .zero
        var flying: [(arrives: Duration, stamp: PaceMachine.Stamp)] = []
        while now < .seconds(2) {
            while pace.allows(1_160) {
                pipeFree = max(pipeFree, now) + .seconds(1_160 / 2_000_000.0)
                flying.append((pipeFree + .milliseconds(100), pace.sent(1_160, at: now)))
            }
            let next = flying.removeFirst()
            now = max(now, next.arrives)
            pace.confirmed(1_160, next.stamp, at: now)
        }
        let before = pace.limit
        #expect(before >= 200_000)
        now += .seconds(3)
        let first = flying.removeFirst()
        pace.confirmed(1_160, first.stamp, at: now)
        #expect(pace.limit >= before / 2)
    }

    @Test func `one batch may always be on its way`() {
        var pace = PaceMachine(mtu: 1_200, linkTimeout: .seconds(10))
        #expect(pace.allows(1 << 20))
        let stamp = pace.sent(16 << 10, at: .zero)
        #expect(!pace.allows(1))
        pace.confirmed(16 << 10, stamp, at: .milliseconds(10))
        #expect(pace.allows(1))
    }

    @Test func `a trickle does not count as the rate of the link`() {
        var pace = PaceMachine(mtu: 1_200, linkTimeout: .seconds(10))
        let full = pace.sent(16_000, at: .zero)
        pace.confirmed(16_000, full, at: .milliseconds(10))
        let rate = pace.rate
        for second in 1...20 {
            pace.starved()
            let stamp = pace.sent(100, at: .seconds(second))
            pace.confirmed(100, stamp, at: .seconds(second) + .milliseconds(10))
        }
        #expect(pace.rate == rate)
    }
}
