// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import Testing
import UplinkFrames

@testable import Uplink

@Suite struct EpochOrderTests {
    private static let old = SendMachineTests.state(.normal, last: 10, epoch: 3, ordinal: 1)
    private static let new = SendMachineTests.state(.normal, last: 500)

    @Test func `the last events of an older epoch leave before a full batch of the newer one`() throws {
        var send = SendMachineTests.begun([Self.old, Self.new], linger: .seconds(10))
        let first = try #require(send.nextRequest(at: .zero))
        #expect(first.lane.epoch == 3 && first.purpose == .batches(flush: true))
        #expect(send.next(at: .zero) == nil)
        send.answered(SendMachineTests.answer(first, count: 10), at: .zero)
        let sent = send.next(at: .zero)
        #expect(sent == .batch(handle: 0, bytes: [UInt8](repeating: 1, count: 1_000)))
        #expect(send.nextRequest(at: .zero)?.lane.epoch == SendMachineTests.epoch)
    }

    @Test func `other classes do not wait for an older epoch`() throws {
        let send = SendMachineTests.begun([Self.old, Self.new, SendMachineTests.state(.alarm, last: 1)])
        #expect(send.nextRequest(at: .zero)?.lane.partition.eventClass == .alarm)
    }
}
