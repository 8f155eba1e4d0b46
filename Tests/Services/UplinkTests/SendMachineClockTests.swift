// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import Testing
import UplinkFrames

@testable import Uplink

@Suite struct SendMachineClockTests {
    private func clock(_ ordinal: UInt32, node: String = "") -> ClockAnnouncement {
        ClockAnnouncement(
            node: node,
            epoch: Epoch(id: SendMachineTests.epoch, ordinal: 2),
            record: ClockRecord(
                ordinal: ordinal,
                reading: ClockReading(boot: 1, uptime: 5, wall: 6, quality: .unset),
                places: []
            )
        )
    }

    private func frame(_ ordinal: UInt32, node: String? = nil) -> Frame {
        .clock(ClockNotice(epoch: clock(ordinal).epoch, node: node, record: clock(ordinal).record))
    }

    @Test func `each record is sent once on a connection, and again on the next until it is acknowledged`() {
        var send = SendMachineTests.begun([])
        send.offer([clock(1), clock(2, node: "old")])
        #expect(send.next(at: .zero) == frame(1))
        send.offer([clock(1), clock(2, node: "old")])
        #expect(send.next(at: .zero) == frame(2, node: "old"))
        #expect(send.next(at: .zero) == nil)
        #expect(send.isAwaitingAnswer && !send.isDone)
        let landed = send.clockLanded(SendMachineTests.epoch, 1, at: .milliseconds(5))
        #expect(landed == [.acknowledgeClock(.init(epoch: SendMachineTests.epoch, ordinal: 1))])
        _ = send.clockLanded(SendMachineTests.epoch, 2, at: .milliseconds(5))
        #expect(!send.isAwaitingAnswer && send.isDone)
        let welcome = Welcome(hubID: 1, hubEpoch: 1, maximumEventBytes: 1, credit: 1 << 20, landed: [])
        _ = send.begin([], acknowledged: [:], welcome, roundTrip: .milliseconds(1), at: .seconds(1))
        send.offer([clock(2)])
        #expect(send.next(at: .seconds(1)) == frame(2))
    }

    @Test func `a hub of version 2 is told nothing`() {
        var send = SendMachine(SendMachine.Settings(), epoch: SendMachineTests.epoch)
        let welcome = Welcome(version: 2, hubID: 1, hubEpoch: 1, maximumEventBytes: 1, credit: 1 << 20, landed: [])
        _ = send.begin([], acknowledged: [:], welcome, roundTrip: .milliseconds(1), at: .zero)
        send.offer([clock(1)])
        #expect(send.next(at: .zero) == nil)
        #expect(send.isDone)
    }

    @Test func `credit is kept, and alarms go first`() throws {
        var poor = SendMachineTests.begun([], credit: 10)
        poor.offer([clock(1)])
        #expect(poor.next(at: .zero) == nil)
        poor.credited(1_000)
        #expect(poor.next(at: .zero) == frame(1))
        var send = SendMachineTests.begun([
            SendMachineTests.state(.alarm, last: 1), SendMachineTests.state(.normal, last: 1),
        ])
        send.offer([clock(1)])
        let request = try #require(send.nextRequest(at: .zero))
        send.answered(SendMachineTests.answer(request, count: 1), at: .zero)
        guard case .batch(handle: 0, _)? = send.next(at: .zero) else {
            Issue.record("the alarm waits")
            return
        }
        #expect(send.next(at: .zero) == frame(1))
    }
}
