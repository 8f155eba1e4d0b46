// SPDX-License-Identifier: Apache-2.0

import Events
import NIOCore
import NIOPosix
import Storage
import Synchronization
import Testing
import UplinkFrames

@testable import Uplink

/// Alarms do not wait until a backlog is encoded: on a slow or busy processor that takes longer than on the link.
@Suite(.timeLimit(.minutes(1))) struct UrgentReadingTests {
    private static let alarm = SendMachineTests.state(.alarm, last: 1)
    private static let backlog = SendMachineTests.state(.normal, last: 100_000)

    @Test func `an alarm is asked for beside the backlog that is being read`() throws {
        var send = SendMachineTests.begun([SendMachineTests.state(.alarm, last: 0), Self.backlog])
        let first = try #require(send.nextRequest(at: .zero, isUrgent: false))
        #expect(first.lane == Self.backlog.lane && !first.isUrgent)
        #expect(send.nextRequest(at: .zero, isUrgent: true) == nil)
        // The answer to the first is not there yet.
        send.update([Self.alarm, Self.backlog], at: .zero)
        let second = try #require(send.nextRequest(at: .zero, isUrgent: true))
        #expect(second.lane == Self.alarm.lane && second.isUrgent)
        send.answered(SendMachineTests.answer(second, count: 1), at: .zero)
        send.answered(SendMachineTests.answer(first, count: 100), at: .zero)
        guard case .batch(let handle, _) = send.next(at: .zero) else { throw WrongAnswer() }
        #expect(handle == 0, "the alarm leaves first")
    }

    @Test func `live events are asked for beside history, history is not`() throws {
        let settings = SendMachine.Settings(linger: .zero, drain: .liveFirst)
        var send = SendMachine(settings, epoch: SendMachineTests.epoch)
        let welcome = Welcome(
            hubID: 1,
            hubEpoch: 1,
            maximumEventBytes: 1 << 18,
            credit: 1 << 20,
            landed: [LandedRanges(cumulative: 0)]
        )
        _ = send.begin([Self.backlog], acknowledged: [:], welcome, roundTrip: .milliseconds(1), at: .zero)
        let live = try #require(send.nextRequest(at: .zero, isUrgent: true))
        let history = try #require(send.nextRequest(at: .zero, isUrgent: false))
        #expect(!live.isHistorical && live.isUrgent)
        #expect(history.isHistorical && !history.isUrgent)
    }

    @Test func `of a backlog no more is made at a time than a slow link takes in a second or two`() throws {
        let send = SendMachineTests.begun([Self.backlog])
        let request = try #require(send.nextRequest(at: .zero))
        #expect(request.mostBytes == 2 * PaceMachine.initialWindow)
    }

    /// Without way for it between them, all batches of the backlog are made before the alarm's.
    @Test func `an alarm is encoded between two batches of a backlog`() async throws {
        let lanes = ScriptedLanes()
        lanes.append(.alarm, ["on"])
        lanes.append(.normal, (1...4_000 as ClosedRange<UInt64>).map { "\($0 &* 0x9E37_79B9_7F4A_7C15)" })
        let made = Mutex(0)
        let (starts, started) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
        let maker = BatchMaker(
            lanes.source,
            limit: 128,
            primers: PrimerCycle(PrimerCycle.Settings()),
            executor: MultiThreadedEventLoopGroup.singleton.next().executor,
            makeWay: {
                made.withLock { $0 += 1 }
                started.yield()
            }
        )
        let backlog = BatchRequest(
            lane: ScriptedLanes.lane(.normal),
            from: 1,
            last: 4_000,
            purpose: .batches(flush: true),
            generation: 1
        )
        async let long = maker.make(backlog)
        for await _ in starts { break }
        let alarm = await maker.make(
            BatchRequest(
                lane: ScriptedLanes.lane(.alarm),
                from: 1,
                last: 1,
                purpose: .batches(flush: true),
                isUrgent: true,
                generation: 1
            )
        )
        let before = made.withLock(\.self)
        guard case .parcels(let parcels) = alarm.outcome else { throw WrongAnswer() }
        #expect(parcels.map(\.range) == [1...1])
        guard case .parcels(let rest) = await long.outcome else { throw WrongAnswer() }
        #expect(before < rest.count, "\(before) of \(rest.count) batches were made before the alarm's")
    }

    /// Something else came than what was asked for.
    private struct WrongAnswer: Error {}
}
