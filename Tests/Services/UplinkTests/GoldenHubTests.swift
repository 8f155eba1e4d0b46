// SPDX-License-Identifier: Apache-2.0

import Events
import NIOCore
import Storage
import TestSupport
import Testing
import UplinkFrames

@testable import Uplink

/// Hubs of older versions, by what they said when it was recorded, with the machines of this agent.
@Suite struct GoldenHubTests {
    private func frames(_ name: String, _ direction: Character) throws -> [(frame: Frame, line: String)] {
        try GoldenFile.lines("conversation/\(name).txt").filter { $0.first == direction }.map { line in
            let digits = line.dropFirst(2).compactMap(\.hexDigitValue)
            let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
            var buffer = ByteBuffer(bytes: bytes)
            return (try Frame.decode(&buffer), line)
        }
    }

    private func hexadecimal(_ frame: Frame) -> String {
        var buffer = ByteBuffer()
        frame.encode(into: &buffer)
        return buffer.readableBytesView.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    @Test func `a hub of version 2 refuses hello of version 3, and is asked in its own`() throws {
        var link = LinkMachine(hubNames: ["old:1"], linkTimeout: .seconds(10), node: "golden", seed: 1)
        _ = link.start(at: .zero)
        _ = link.opened(1, at: .zero)
        guard case .bye(let bye)? = try frames("version-2-hears-3", "<").first?.frame else {
            Issue.record("no goodbye was recorded")
            return
        }
        #expect(bye.text == "unsupported: frame version 3")
        _ = link.bye(1, bye, at: .zero)
        let due = try #require(link.deadline)
        #expect(due < .seconds(1))
        #expect(link.tick(at: due) == [.connect(2, hub: 0)])
        #expect(link.helloVersion(2) == 2)
    }

    @Test(arguments: [UInt32(1), 2])
    func `what an older hub said is understood, and what it hears is what it heard`(version: UInt32) throws {
        let epoch = Epoch(id: 0xE1, ordinal: 3)
        let lane = Lane(epoch: epoch.id, partition: Partition(number: 1))
        let hello = Hello(
            version: version,
            node: "golden",
            storeID: 0xA1,
            epoch: epoch,
            hub: 0,
            lanes: [.init(lane: lane, ordinal: 3, node: nil, acknowledged: 0, last: 9, ceiling: 65_536)]
        )
        let said = try frames("version-\(version)", ">")
        #expect("> " + hexadecimal(.hello(hello)) == said[0].line)
        let heard = try frames("version-\(version)", "<").map(\.frame)
        guard case .welcome(let welcome)? = heard.first else {
            Issue.record("no welcome was recorded")
            return
        }
        #expect(welcome.version == version)
        var send = SendMachine(SendMachine.Settings(linger: .zero), epoch: epoch.id, node: "golden")
        let state = LaneState(
            lane: lane,
            ordinal: 3,
            node: "golden",
            acknowledged: 0,
            last: 9,
            ceiling: 65_536,
            held: false
        )
        _ = send.begin([state], acknowledged: [:], welcome, roundTrip: .milliseconds(1), at: .zero)
        let clock = ClockRecord(
            ordinal: 1,
            reading: ClockReading(boot: 1, uptime: 2, wall: 3, quality: .unset),
            places: []
        )
        send.offer([ClockAnnouncement(node: "golden", epoch: epoch, record: clock)])
        // The batch and the gap that were sent then, made by this program's machine from what lay ready then.
        guard case .batch(_, let bytes) = said[1].frame, case .gap(_, let gap) = said[2].frame else {
            Issue.record("another conversation was recorded")
            return
        }
        let request = try #require(send.nextRequest(at: .zero))
        let parcels = [Parcel(range: 1...4, content: .batch(bytes)), Parcel(range: 5...6, content: .gap(gap))]
        send.answered(BatchAnswer(request, .parcels(parcels)), at: .zero)
        for index in 1...2 {
            let frame = send.next(at: .zero)
            #expect(frame.map { "> " + hexadecimal($0) } == said[index].line)
        }
        #expect(send.next(at: .zero) == nil, "a clock record is not for it")
        for case .ack(0, let landed) in heard.prefix(3) {
            #expect(send.acknowledged(0, landed, at: .milliseconds(1)) == [.acknowledge(lane, landed.sequences)])
        }
        #expect(!send.isAwaitingAnswer && send.acknowledgedEvents == 4)
    }
}
