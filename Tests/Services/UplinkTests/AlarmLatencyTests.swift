// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import Testing
import UplinkFrames

@testable import Uplink

/// How much goes before an alarm on a slow link that is busy with a backlog (decision 21); time passes only when told.
@Suite struct AlarmLatencyTests {
    private static let mtu = 1_200

    /// A hub at the other end of 64 kbit/s: it acknowledges each batch when the last byte of it has come.
    private struct SlowLink {
        static let bytesPerSecond = 8_000.0
        /// Each way.
        let delay: Duration
        /// Bytes that leave at once after a pause, as a token bucket has it (tc-tbf(8)).
        private let burst: Double
        private var idleFrom: Duration = .zero
        private(set) var carried = 0
        private(set) var acknowledgements: [(time: Duration, handle: UInt32, last: UInt64)] = []

        init(delay: Duration, burst: Double) {
            self.delay = delay
            self.burst = burst
        }

        /// Bytes that were handed over and have not left yet.
        func queued(at now: Duration) -> Int {
            Int(max(0, (idleFrom - now).inSeconds) * Self.bytesPerSecond)
        }

        mutating func carry(_ bytes: Int, _ handle: UInt32, through last: UInt64, at now: Duration) {
            carried += bytes
            idleFrom = max(idleFrom, now - .seconds(burst / Self.bytesPerSecond))
            idleFrom += .seconds(Double(bytes) / Self.bytesPerSecond)
            acknowledgements.append((max(now, idleFrom) + delay * 2, handle, last))
        }

        mutating func nextAcknowledgement(until time: Duration) -> (time: Duration, handle: UInt32, last: UInt64)? {
            guard let first = acknowledgements.first, first.time <= time else { return nil }
            return acknowledgements.removeFirst()
        }
    }

    /// A backlog that drains, and alarms.
    private struct Drain {
        static let events: UInt64 = 1_000_000
        static let eventsPerBatch: UInt64 = 100
        var send: SendMachine
        var link: SlowLink
        var now: Duration = .zero
        var sent: [UInt32: UInt64] = [:]
        var alarms: UInt64 = 0

        init(delay: Duration, burst: Double = 0) {
            let states = [
                SendMachineTests.state(.normal, last: Self.events), SendMachineTests.state(.alarm, last: 0),
            ]
            send = SendMachineTests.begun(states, credit: 1 << 40, roundTrip: delay * 2)
            link = SlowLink(delay: delay, burst: burst)
        }

        /// Lets time pass; frames leave as soon as they may.
        mutating func run(until end: Duration) {
            pump()
            while let (time, handle, last) = link.nextAcknowledgement(until: end) {
                now = max(now, time)
                _ = send.acknowledged(handle, LandedRanges(cumulative: last), at: now)
                pump()
            }
            now = end
        }

        /// Gives an alarm; returns the bytes that the link carries before its last one, itself left out.
        mutating func bytesBeforeAlarm() -> Int? {
            alarms += 1
            let ahead = link.queued(at: now)
            let carried = link.carried
            send.update([SendMachineTests.state(.alarm, last: alarms)], at: now)
            read()
            // An alarm that may not leave at once waits for the next acknowledgement.
            for _ in 0..<1_000 {
                while let frame = send.next(at: now) {
                    let before = link.carried
                    if carry(frame) == 1 { return ahead + before - carried }
                }
                guard let (time, handle, last) = link.nextAcknowledgement(until: now + .seconds(60)) else { return nil }
                now = max(now, time)
                _ = send.acknowledged(handle, LandedRanges(cumulative: last), at: now)
                read()
            }
            return nil
        }

        private mutating func pump() {
            read()
            while let frame = send.next(at: now) {
                carry(frame)
                read()
            }
        }

        /// Answers what the machine asks of the store: full batches of the backlog, alarms alone.
        private mutating func read() {
            while let request = send.nextRequest(at: now) {
                let isAlarm = request.lane.partition.eventClass == .alarm
                let count = isAlarm ? 1 : Self.eventsPerBatch
                let bytes = isAlarm ? 60 : send.settings.batchLimit
                send.answered(SendMachineTests.answer(request, count: count, bytes: bytes), at: now)
            }
        }

        /// - Returns: the handle of the frame's lane.
        @discardableResult
        private mutating func carry(_ frame: Frame) -> UInt32? {
            guard case .batch(let handle, _) = frame else { return nil }
            sent[handle, default: 0] += handle == 1 ? 1 : Self.eventsPerBatch
            link.carry(frame.encodedBytes, handle, through: sent[handle] ?? 0, at: now)
            return handle
        }
    }

    /// The first packets are an eighth of a second on their way each, and little may be sent before they have arrived.
    @Test(arguments: [5, 50], [0.0, 1_600])
    func `at most four batches go before an alarm in the first seconds`(milliseconds: Int, burst: Double) throws {
        for start in stride(from: 20, through: 10_000, by: 371) {
            var drain = Drain(delay: .milliseconds(milliseconds), burst: burst)
            drain.run(until: .milliseconds(start))
            let found = drain.bytesBeforeAlarm()
            let before = try #require(found, "an alarm at \(start) ms never left")
            #expect(before <= (start < 2_000 ? 5 : 2) * Self.mtu, "an alarm at \(start) ms")
        }
    }

    @Test(arguments: [5, 10, 50, 100])
    func `at most two batches go before an alarm while a backlog drains`(milliseconds: Int) throws {
        var drain = Drain(delay: .milliseconds(milliseconds))
        drain.run(until: .seconds(10))
        var worst = 0
        for step in 1...200 {
            // 137 ms hits every phase of a batch, which takes 146 ms.
            drain.run(until: .seconds(10) + .milliseconds(step * 137))
            let before = drain.bytesBeforeAlarm()
            let bytes = try #require(before, "alarm \(step) never left")
            #expect(bytes <= 2 * Self.mtu, "alarm \(step) at \(drain.now)")
            worst = max(worst, bytes)
        }
        print("alarm: at most \(worst) bytes before it at \(2 * milliseconds) ms and 64 kbit/s")
        let rate = Double(drain.link.carried) / drain.now.inSeconds
        #expect(rate > 0.85 * SlowLink.bytesPerSecond, "the link was idle: \(rate) bytes/s prove nothing")
    }
}
