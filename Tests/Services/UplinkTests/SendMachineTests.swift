// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import Testing
import UplinkFrames

@testable import Uplink

@Suite struct SendMachineTests {
    static let epoch: UInt64 = 7

    static func state(
        _ eventClass: EventClass,
        last: UInt64,
        epoch: UInt64 = epoch,
        ordinal: UInt64 = 2,
        held: Bool = false,
        acknowledged: UInt64 = 0
    ) -> LaneState {
        LaneState(
            lane: Lane(epoch: epoch, partition: Partition(eventClass: eventClass, slot: 0)),
            ordinal: ordinal,
            node: "n",
            acknowledged: acknowledged,
            last: last,
            ceiling: 1_000,
            held: held
        )
    }

    static func begun(
        _ states: [LaneState],
        landed: [LandedRanges]? = nil,
        linger: Duration = .zero,
        credit: UInt64 = 1 << 20,
        roundTrip: Duration = .milliseconds(1)
    ) -> SendMachine {
        var send = SendMachine(SendMachine.Settings(linger: linger), epoch: epoch)
        let welcome = Welcome(
            hubID: 1,
            hubEpoch: 1,
            maximumEventBytes: 1 << 18,
            credit: credit,
            landed: landed ?? states.map { _ in LandedRanges(cumulative: 0) }
        )
        _ = send.begin(states, acknowledged: [:], welcome, roundTrip: roundTrip, at: .zero)
        return send
    }

    /// Answers a request with one batch over `count` events.
    static func answer(_ request: BatchRequest, count: UInt64, bytes: Int = 1_000, batches: UInt64 = 1) -> BatchAnswer {
        let parcels = (0..<batches).map { batch in
            let first = request.from + batch * count
            return Parcel(
                range: first...first + count - 1,
                content: .batch([UInt8](repeating: 1, count: bytes)),
                isAlone: request.purpose == .alone
            )
        }
        return BatchAnswer(request, .parcels(parcels))
    }

    @Test func `after long work backlog rests, alarms and short work do not`() throws {
        var send = Self.begun([Self.state(.alarm, last: 0), Self.state(.normal, last: 1_000)])
        send.rest(after: .milliseconds(1), at: .zero)
        #expect(send.nextRequest(at: .zero) != nil)
        send.rest(after: .milliseconds(9), at: .zero)
        #expect(send.nextRequest(at: .milliseconds(8)) == nil)
        #expect(send.deadline(at: .milliseconds(8)) == .milliseconds(9))
        #expect(send.nextRequest(at: .milliseconds(9)) != nil)
        send.rest(after: .seconds(9), at: .zero)
        #expect(send.deadline(at: .zero) == .milliseconds(50))
        send.update([Self.state(.alarm, last: 1), Self.state(.normal, last: 1_000)], at: .zero)
        #expect(send.nextRequest(at: .zero)?.lane.partition.eventClass == .alarm)
    }

    @Test func `events are read, sent, acknowledged and done`() throws {
        var send = Self.begun([Self.state(.normal, last: 10)])
        let request = try #require(send.nextRequest(at: .zero))
        #expect(request.from == 1 && request.purpose == .batches(flush: true))
        send.answered(Self.answer(request, count: 10), at: .zero)
        #expect(send.next(at: .zero) == .batch(handle: 0, bytes: [UInt8](repeating: 1, count: 1_000)))
        #expect(send.next(at: .zero) == nil)
        #expect(send.isAwaitingAnswer && !send.isDone)
        let effects = send.acknowledged(0, LandedRanges(cumulative: 10), at: .milliseconds(5))
        #expect(effects == [.acknowledge(Self.state(.normal, last: 0).lane, SequenceSet(cumulative: 10))])
        #expect(send.isDone && !send.isAwaitingAnswer)
        #expect(send.acknowledgedEvents == 10)
        #expect(send.nextRequest(at: .zero) == nil)
    }

    @Test func `what the hub has is not read again`() throws {
        let send = Self.begun([Self.state(.normal, last: 20)], landed: [LandedRanges(cumulative: 5, ranges: [8...9])])
        let request = try #require(send.nextRequest(at: .zero))
        #expect(request.from == 6 && request.through == 7)
        var after = send
        after.answered(Self.answer(request, count: 2), at: .zero)
        _ = after.next(at: .zero)
        let second = try #require(after.nextRequest(at: .zero))
        #expect(second.from == 10 && second.through == nil)
    }

    @Test func `a hub restored from an older copy is offered what it lacks, another hub what none has`() throws {
        let state = Self.state(.normal, last: 20, acknowledged: 15)
        let welcome = Welcome(
            hubID: 1,
            hubEpoch: 1,
            maximumEventBytes: 1,
            credit: 1 << 20,
            landed: [LandedRanges(cumulative: 5)]
        )
        var restored = SendMachine(SendMachine.Settings(linger: .zero), epoch: Self.epoch)
        _ = restored.begin([state], acknowledged: [state.lane: 15], welcome, roundTrip: .zero, at: .zero)
        #expect(restored.nextRequest(at: .zero)?.from == 6)
        var other = SendMachine(SendMachine.Settings(linger: .zero), epoch: Self.epoch)
        _ = other.begin([state], acknowledged: [:], welcome, roundTrip: .zero, at: .zero)
        #expect(other.nextRequest(at: .zero)?.from == 16)
    }

    @Test func `alarms overtake, then normal, then bulk, older epochs first`() throws {
        var send = Self.begun([
            Self.state(.normal, last: 1, epoch: 3, ordinal: 1), Self.state(.bulk, last: 1),
            Self.state(.normal, last: 1), Self.state(.alarm, last: 1),
        ])
        while let request = send.nextRequest(at: .zero) { send.answered(Self.answer(request, count: 1), at: .zero) }
        var handles: [UInt32] = []
        while case .batch(let handle, _)? = send.next(at: .zero) { handles.append(handle) }
        #expect(handles == [3, 0, 2, 1])
    }

    @Test func `a lane waits until the same lane of older epochs has left, so that topics keep their order`() throws {
        var send = Self.begun([
            Self.state(.normal, last: 2, epoch: 3, ordinal: 1), Self.state(.normal, last: 1),
            Self.state(.bulk, last: 1),
        ])
        let older = try #require(send.nextRequest(at: .zero))
        send.update([Self.state(.normal, last: 1)], at: .zero)
        for (lane, last) in [(Self.state(.normal, last: 1).lane, 1), (Self.state(.bulk, last: 1).lane, 1)] {
            let request = BatchRequest(
                lane: lane,
                from: 1,
                through: nil,
                last: UInt64(last),
                purpose: .batches(flush: true),
                generation: older.generation
            )
            send.answered(Self.answer(request, count: 1), at: .zero)
        }
        guard case .batch(2, _)? = send.next(at: .zero) else {
            Issue.record("another class does not wait")
            return
        }
        #expect(send.next(at: .zero) == nil, "the newer epoch would pass the older one")
        send.answered(Self.answer(older, count: 1, batches: 2), at: .zero)
        var handles: [UInt32] = []
        while case .batch(let handle, _)? = send.next(at: .zero) { handles.append(handle) }
        #expect(handles == [0, 0, 1])
    }

    @Test func `an older epoch waits for no company`() {
        let send = Self.begun([Self.state(.normal, last: 1, epoch: 3, ordinal: 1)], linger: .seconds(1))
        #expect(send.nextRequest(at: .zero)?.purpose == .batches(flush: true))
    }

    @Test func `a held lane waits until older lanes are done`() throws {
        var send = Self.begun([
            Self.state(.normal, last: 1, epoch: 3, ordinal: 1), Self.state(.normal, last: 1, held: true),
        ])
        let request = try #require(send.nextRequest(at: .zero))
        send.answered(Self.answer(request, count: 1), at: .zero)
        _ = send.next(at: .zero)
        #expect(send.nextRequest(at: .zero) == nil)
        _ = send.acknowledged(0, LandedRanges(cumulative: 1), at: .zero)
        #expect(send.nextRequest(at: .zero)?.lane.epoch == Self.epoch)
    }

    @Test func `normal events linger until a packet is full or the time is over, alarms do not`() throws {
        var send = Self.begun([Self.state(.normal, last: 3), Self.state(.alarm, last: 0)], linger: .milliseconds(20))
        #expect(send.nextRequest(at: .milliseconds(19)) == nil)
        #expect(send.deadline(at: .milliseconds(19)) == .milliseconds(20))
        #expect(send.nextRequest(at: .milliseconds(20))?.purpose == .batches(flush: true))
        // 64 bytes are assumed of an event before the first is encoded.
        send.update([Self.state(.normal, last: 30)], at: .milliseconds(1))
        #expect(send.nextRequest(at: .milliseconds(1))?.purpose == .batches(flush: false))
        send.update([Self.state(.alarm, last: 1)], at: .milliseconds(1))
        #expect(send.nextRequest(at: .milliseconds(1))?.lane.partition.eventClass == .alarm)
    }

    @Test func `events that do not fill a batch wait for the rest of their linger`() throws {
        var send = Self.begun([Self.state(.normal, last: 30)], linger: .milliseconds(20))
        var answer = BatchAnswer(try #require(send.nextRequest(at: .zero)), .parcels([]))
        answer.encodedBytes = 300
        answer.encodedEvents = 30
        send.answered(answer, at: .milliseconds(1))
        #expect(send.nextRequest(at: .milliseconds(1)) == nil)
        #expect(send.deadline(at: .milliseconds(1)) == .milliseconds(20))
    }

    @Test func `no more than the window and the credit leaves`() throws {
        var send = Self.begun([Self.state(.normal, last: 100)])
        send.answered(Self.answer(try #require(send.nextRequest(at: .zero)), count: 1, batches: 100), at: .zero)
        var sent = 0
        while send.next(at: .zero) != nil { sent += 1 }
        #expect(sent == 4)
        var poor = Self.begun([Self.state(.normal, last: 100)], credit: 3_100)
        poor.answered(Self.answer(try #require(poor.nextRequest(at: .zero)), count: 1, batches: 100), at: .zero)
        for _ in 0..<3 { #expect(poor.next(at: .zero) != nil) }
        #expect(poor.next(at: .zero) == nil)
        poor.credited(4_200)
        #expect(poor.next(at: .zero) != nil)
        #expect(poor.next(at: .zero) == nil)
    }

    @Test func `what is read ahead is bounded`() throws {
        var send = Self.begun([Self.state(.normal, last: 10_000)])
        while let request = send.nextRequest(at: .zero) {
            send.answered(Self.answer(request, count: 10, batches: 10), at: .zero)
        }
        #expect(send.readyBytes < SendMachine.readyBytesPerLane + 11_000)
    }

    @Test func `a large event leaves in parts, alarms go between them, pings tell what arrived`() throws {
        var send = Self.begun([Self.state(.bulk, last: 1), Self.state(.alarm, last: 0)])
        send.answered(Self.answer(try #require(send.nextRequest(at: .zero)), count: 1, bytes: 50_000), at: .zero)
        var assembler = PartAssembler()
        var whole: Frame?
        func take(_ send: inout SendMachine) throws {
            while let frame = send.next(at: .zero) {
                guard case .part(let part) = frame else { continue }
                #expect(frame.encodedBytes <= 1_200)
                whole = try assembler.add(part)
            }
        }
        try take(&send)
        #expect(whole == nil && send.wantsMarker)
        send.update([Self.state(.alarm, last: 1)], at: .zero)
        send.answered(Self.answer(try #require(send.nextRequest(at: .zero)), count: 1, bytes: 50), at: .zero)
        #expect(send.next(at: .zero) == .batch(handle: 1, bytes: [UInt8](repeating: 1, count: 50)))
        for number in UInt64(1)...100 where whole == nil {
            send.ping(number, at: .zero)
            try take(&send)
            send.pong(number, sentAt: .zero, at: .milliseconds(1))
            try take(&send)
        }
        #expect(whole == .batch(handle: 0, bytes: [UInt8](repeating: 1, count: 50_000)))
        _ = send.acknowledged(1, LandedRanges(cumulative: 1), at: .milliseconds(2))
        _ = send.acknowledged(0, LandedRanges(cumulative: 1), at: .milliseconds(2))
        #expect(!send.isAwaitingAnswer)
    }

    @Test func `a rejected batch is offered event by event, then given up, and the gap follows`() throws {
        let lane = Self.state(.normal, last: 0).lane
        var send = Self.begun([Self.state(.normal, last: 3)])
        send.answered(Self.answer(try #require(send.nextRequest(at: .zero)), count: 3), at: .zero)
        _ = send.next(at: .zero)
        let no = { Rejection(first: $0, last: $1, reason: .undecodable, text: "") }
        #expect(send.rejected(0, no(1, 3), at: .zero) == [])
        #expect(!send.isAwaitingAnswer && !send.isDone)
        let alone = try #require(send.nextRequest(at: .zero))
        #expect(alone.purpose == .alone && alone.from == 1 && alone.through == 3)
        send.answered(Self.answer(alone, count: 1, batches: 3), at: .zero)
        while send.next(at: .zero) != nil {}
        let gap = Gap(lane: lane, first: 2, last: 2, reason: .rejected)
        #expect(send.rejected(0, no(2, 2), at: .zero) == [.giveUp(gap)])
        #expect(send.nextRequest(at: .zero) == nil, "the store has not committed the gap yet")
        send.update([Self.state(.normal, last: 3)], at: .zero)
        let wanted = try #require(send.nextRequest(at: .zero))
        #expect(wanted.purpose == .gap && wanted.from == 2)
        let notice = GapNotice(first: 2, last: 2, reason: .rejected, endKnown: true)
        send.answered(BatchAnswer(wanted, .parcels([Parcel(range: 2...2, content: .gap(notice))])), at: .zero)
        #expect(send.next(at: .zero) == .gap(handle: 0, notice))
        _ = send.acknowledged(0, LandedRanges(cumulative: 3), at: .zero)
        #expect(send.isDone)
    }

    @Test func `a single event that is too large is given up at once`() throws {
        var send = Self.begun([Self.state(.normal, last: 1)])
        send.answered(Self.answer(try #require(send.nextRequest(at: .zero)), count: 1), at: .zero)
        _ = send.next(at: .zero)
        let effects = send.rejected(0, Rejection(first: 1, last: 1, reason: .tooLarge, text: ""), at: .zero)
        #expect(effects?.count == 1)
    }

    @Test func `a new lane and a new ceiling are told before their events`() throws {
        var send = Self.begun([Self.state(.normal, last: 0)])
        var raised = Self.state(.normal, last: 1)
        raised.ceiling = 2_000
        send.update([raised, Self.state(.bulk, last: 1)], at: .zero)
        while let request = send.nextRequest(at: .zero) { send.answered(Self.answer(request, count: 1), at: .zero) }
        guard case .lane(let first)? = send.next(at: .zero), case .lane(let second)? = send.next(at: .zero) else {
            Issue.record("no lane frames")
            return
        }
        #expect(first.handle == 0 && first.ceiling == 2_000)
        #expect(second.handle == 1)
        guard case .batch(handle: 0, _)? = send.next(at: .zero) else {
            Issue.record("no batch")
            return
        }
    }

    @Test func `after a reconnect all that is not acknowledged is read again, and old answers are dropped`() throws {
        let states = [Self.state(.normal, last: 10)]
        var send = Self.begun(states)
        let request = try #require(send.nextRequest(at: .zero))
        send.answered(Self.answer(request, count: 5), at: .zero)
        _ = send.next(at: .zero)
        let old = try #require(send.nextRequest(at: .zero))
        let welcome = Welcome(
            hubID: 1,
            hubEpoch: 1,
            maximumEventBytes: 1,
            credit: 1 << 20,
            landed: [LandedRanges(cumulative: 2)]
        )
        _ = send.begin(states, acknowledged: [:], welcome, roundTrip: .zero, at: .seconds(1))
        send.answered(Self.answer(old, count: 5), at: .seconds(1))
        #expect(send.next(at: .seconds(1)) == nil)
        #expect(send.nextRequest(at: .seconds(1))?.from == 3)
    }

    @Test func `a lane that nobody named is refused`() {
        var send = Self.begun([])
        #expect(send.acknowledged(0, LandedRanges(cumulative: 1), at: .zero) == nil)
        #expect(send.rejected(9, Rejection(first: 1, last: 1, reason: .undecodable, text: ""), at: .zero) == nil)
    }
}
