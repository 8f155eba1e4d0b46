// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Storage
import Testing
import UplinkFrames

@testable import Uplink

/// The life of primers on the agent, in the machine that sends.
@Suite struct PrimerCycleTests {
    private static let settings = PrimerCycle.Settings(bytes: 1_000, leastAge: .seconds(3_600))

    private static func welcome(primers: [Primer] = [], takes: UInt64 = 262_144, landed: UInt64 = 0) -> Welcome {
        Welcome(
            hubID: 1,
            hubEpoch: 1,
            maximumEventBytes: 1 << 18,
            credit: 1 << 20,
            landed: [LandedRanges(cumulative: landed)],
            maximumPrimerBytes: takes,
            primers: primers.map(\.identifier.rawValue)
        )
    }

    private static func begun(
        _ stored: [Primer] = [],
        _ welcome: Welcome = welcome(),
        last: UInt64 = 100,
        at now: Duration = .zero
    ) -> SendMachine {
        var send = SendMachine(
            SendMachine.Settings(linger: .zero),
            epoch: SendMachineTests.epoch,
            node: "n",
            primers: PrimerCycle(settings, primers: stored)
        )
        _ = send.begin(
            [SendMachineTests.state(.normal, last: last)],
            acknowledged: [:],
            welcome,
            roundTrip: .zero,
            at: now
        )
        return send
    }

    /// A batch of `count` events in answer to a request, as the maker makes it.
    private static func answer(
        _ request: BatchRequest,
        count: UInt64 = 10,
        bytes: Int = 200,
        samples: PrimerTrainer.Supply = .scarce,
        made: Primer? = nil
    ) -> BatchAnswer {
        let parcel = Parcel(
            range: request.from...request.from + count - 1,
            content: .batch([UInt8](repeating: 1, count: bytes)),
            isAlone: request.purpose == .alone,
            primer: request.primer
        )
        var answer = BatchAnswer(request, .parcels([parcel]))
        answer.samples = samples
        answer.primer = made
        return answer
    }

    /// All that may leave now; parts are put together.
    private static func leaving(_ send: inout SendMachine, at now: Duration = .zero) throws -> [Frame] {
        var frames: [Frame] = []
        var assembler = PartAssembler()
        while let frame = send.next(at: now) {
            guard case .part(let part) = frame else {
                frames.append(frame)
                continue
            }
            if let whole = try assembler.add(part) { frames.append(whole) }
        }
        return frames
    }

    @Test func `a primer is made of enough events, published, and named only after the hub has it`() throws {
        let primer = try Primers.make()
        #expect(primer.bytes.count > 1_200, "so that it goes in parts")
        var send = Self.begun()
        let first = try #require(send.nextRequest(at: .zero))
        #expect(first.primer == nil && !first.trains)
        send.answered(Self.answer(first, samples: .scarce), at: .zero)
        let second = try #require(send.nextRequest(at: .zero))
        #expect(!second.trains)
        send.answered(Self.answer(second, samples: .enough), at: .zero)
        let third = try #require(send.nextRequest(at: .zero))
        #expect(third.trains)
        send.answered(Self.answer(third, made: primer), at: .zero)
        #expect(try Self.leaving(&send).contains(.primer(primer.identifier.rawValue, bytes: primer.bytes)))
        let before = try #require(send.nextRequest(at: .zero))
        #expect(before.primer == nil && !before.trains)
        #expect(send.primers.newest?.isActive == false)
        send.primer(primer.identifier.rawValue, .landed, at: .milliseconds(1))
        #expect(send.nextRequest(at: .zero)?.primer == primer.identifier)
        #expect(send.primers.newest?.isActive == true)
    }

    @Test func `a stored primer that the hub has is used at once and not published`() throws {
        let primer = try Primers.make()
        var send = Self.begun([primer], Self.welcome(primers: [primer]))
        #expect(send.nextRequest(at: .zero)?.primer == primer.identifier)
        #expect(try Self.leaving(&send).isEmpty)
    }

    @Test func `until the hub has the newest the one before is used`() throws {
        let (old, new) = (try Primers.make(1), try Primers.make(2))
        var send = Self.begun([old, new], Self.welcome(primers: [old]))
        #expect(send.nextRequest(at: .zero)?.primer == old.identifier)
        #expect(try Self.leaving(&send) == [.primer(new.identifier.rawValue, bytes: new.bytes)])
        send.primer(new.identifier.rawValue, .landed, at: .zero)
        #expect(send.nextRequest(at: .zero)?.primer == new.identifier)
    }

    @Test func `a hub that does not take primers is sent none`() throws {
        let primer = try Primers.make()
        for takes in [UInt64(0), UInt64(primer.bytes.count - 1)] {
            var send = Self.begun([primer], Self.welcome(takes: takes))
            #expect(send.nextRequest(at: .zero)?.primer == nil)
            #expect(try Self.leaving(&send).isEmpty)
        }
        var off = SendMachine(
            SendMachine.Settings(),
            epoch: 7,
            node: "n",
            primers: PrimerCycle(.init(), primers: [primer])
        )
        let state = SendMachineTests.state(.normal, last: 10)
        let welcome = Self.welcome(primers: [primer])
        _ = off.begin([state], acknowledged: [:], welcome, roundTrip: .zero, at: .zero)
        #expect(off.primers.primers.isEmpty && off.nextRequest(at: .zero)?.primer == nil)
    }

    @Test func `a primer that is wanted again goes first, and all that was on its way behind it`() throws {
        let primer = try Primers.make()
        var send = Self.begun([primer], Self.welcome(primers: [primer]))
        var next: UInt64 = 1
        for _ in 0..<3 {
            let request = try #require(send.nextRequest(at: .zero))
            #expect(request.from == next)
            send.answered(Self.answer(request), at: .zero)
            next += 10
        }
        #expect(send.next(at: .zero) != nil && send.next(at: .zero) != nil)
        _ = send.acknowledged(0, LandedRanges(cumulative: 10), at: .zero)
        let late = try #require(send.nextRequest(at: .zero))
        send.primer(primer.identifier.rawValue, .wanted, at: .zero)
        send.primer(primer.identifier.rawValue, .wanted, at: .zero)
        send.answered(Self.answer(late), at: .zero)
        let request = try #require(send.nextRequest(at: .zero))
        #expect(request.from == 11 && request.primer == nil)
        send.answered(Self.answer(request), at: .zero)
        #expect(
            try Self.leaving(&send) == [
                .primer(primer.identifier.rawValue, bytes: primer.bytes),
                .batch(handle: 0, bytes: [UInt8](repeating: 1, count: 200)),
            ]
        )
        // Said of a batch from before: it is on its way.
        send.primer(primer.identifier.rawValue, .wanted, at: .zero)
        #expect(try Self.leaving(&send).isEmpty)
        send.primer(primer.identifier.rawValue, .landed, at: .milliseconds(1))
        #expect(send.nextRequest(at: .milliseconds(1))?.primer == primer.identifier)
        _ = send.acknowledged(0, LandedRanges(cumulative: 100), at: .milliseconds(2))
        #expect(!send.isAwaitingAnswer && send.isDone)
    }

    @Test func `a batch in parts is given up for a primer that is wanted`() throws {
        let primer = try Primers.make()
        var send = Self.begun([primer], Self.welcome(primers: [primer]))
        let request = try #require(send.nextRequest(at: .zero))
        send.answered(Self.answer(request, bytes: 3_000), at: .zero)
        guard case .part(let part)? = send.next(at: .zero) else {
            Issue.record("not in parts")
            return
        }
        send.primer(primer.identifier.rawValue, .wanted, at: .zero)
        var assembler = PartAssembler()
        #expect(try assembler.add(part) == nil)
        var whole: Frame?
        while whole == nil, case .part(let part)? = send.next(at: .zero) { whole = try assembler.add(part) }
        #expect(whole == .primer(primer.identifier.rawValue, bytes: primer.bytes))
        #expect(send.nextRequest(at: .zero)?.from == 1)
    }

    @Test func `a hub that asks for it again and again is left alone with it`() throws {
        let primer = try Primers.make()
        var send = Self.begun([primer], Self.welcome(primers: [primer]))
        for _ in 0..<3 {
            #expect(send.nextRequest(at: .zero)?.primer == primer.identifier)
            send.primer(primer.identifier.rawValue, .wanted, at: .zero)
            #expect(try Self.leaving(&send).count == 1)
            send.primer(primer.identifier.rawValue, .landed, at: .zero)
        }
        #expect(send.nextRequest(at: .zero)?.primer == nil)
        #expect(try Self.leaving(&send).isEmpty)
    }

    @Test func `a refused primer is not offered again on this connection, and the agent goes on`() throws {
        let primer = try Primers.make()
        var send = Self.begun([primer])
        #expect(try Self.leaving(&send).count == 1)
        send.primer(primer.identifier.rawValue, .refused, at: .zero)
        #expect(try Self.leaving(&send).isEmpty && !send.isAwaitingAnswer)
        #expect(send.nextRequest(at: .zero)?.primer == nil)
        let state = SendMachineTests.state(.normal, last: 100)
        _ = send.begin([state], acknowledged: [:], Self.welcome(), roundTrip: .zero, at: .zero)
        #expect(try Self.leaving(&send).count == 1)
    }

    @Test func `events that go alone after a reject build on nothing`() throws {
        let primer = try Primers.make()
        var send = Self.begun([primer], Self.welcome(primers: [primer]), last: 10)
        let request = try #require(send.nextRequest(at: .zero))
        send.answered(Self.answer(request), at: .zero)
        _ = send.next(at: .zero)
        _ = send.rejected(0, Rejection(first: 1, last: 10, reason: .undecodable, text: ""), at: .zero)
        let alone = try #require(send.nextRequest(at: .zero))
        #expect(alone.purpose == .alone && alone.primer == nil)
    }

    @Test func `lanes of an older node name build on nothing`() throws {
        let primer = try Primers.make()
        var renamed = SendMachine(
            SendMachine.Settings(linger: .zero),
            epoch: 7,
            node: "new",
            primers: PrimerCycle(Self.settings, primers: [primer])
        )
        let state = SendMachineTests.state(.normal, last: 10)
        _ = renamed.begin([state], acknowledged: [:], Self.welcome(primers: [primer]), roundTrip: .zero, at: .zero)
        #expect(renamed.nextRequest(at: .zero)?.primer == nil)
    }

    @Test func `it is made anew when batches have become larger, but not too soon`() throws {
        let (old, new) = (try Primers.make(1), try Primers.make(2))
        var send = Self.begun([old], Self.welcome(primers: [old]), last: 100_000)
        func feed(_ events: Int, bytes: Int, at now: Duration, made: Primer? = nil) throws -> Bool {
            for _ in 0..<events / 64 {
                let request = try #require(send.nextRequest(at: now))
                if request.trains {
                    send.answered(Self.answer(request, count: 64, bytes: bytes, made: made), at: now)
                    return true
                }
                send.answered(Self.answer(request, count: 64, bytes: bytes), at: now)
                _ = try Self.leaving(&send, at: now)
                _ = send.acknowledged(0, LandedRanges(cumulative: request.from + 63), at: now)
            }
            return false
        }
        let late = Self.settings.leastAge
        #expect(try !feed(3 * CostMeter.window, bytes: 500, at: .zero))
        #expect(try !feed(2 * CostMeter.window, bytes: 545, at: late), "nine per cent")
        #expect(try !feed(2 * CostMeter.window, bytes: 560, at: late - .seconds(1)), "not yet")
        #expect(try feed(CostMeter.window, bytes: 560, at: late, made: new))
        #expect(send.primers.primers.map(\.identifier) == [old.identifier, new.identifier])
        #expect(send.nextRequest(at: late)?.trains == false)
    }

    @Test func `one of the first events is made once more when there are more to choose from`() throws {
        let (first, second) = (try Primers.make(1), try Primers.make(2))
        var cycle = PrimerCycle(Self.settings)
        cycle.begin(Self.welcome(), at: .zero)
        cycle.saw(.enough)
        #expect(cycle.wantsTraining(at: .zero))
        cycle.trained(first, at: .zero)
        cycle.published(first.identifier)
        cycle.landed(first.identifier)
        let due = Self.settings.firstAge
        #expect(!cycle.wantsTraining(at: due))
        cycle.saw(.plenty)
        #expect(!cycle.wantsTraining(at: due - .seconds(1)) && cycle.wantsTraining(at: due))
        cycle.trained(second, at: due)
        #expect(!cycle.wantsTraining(at: due), "it is not published yet")
        cycle.published(second.identifier)
        cycle.landed(second.identifier)
        #expect(!cycle.wantsTraining(at: Self.settings.leastAge * 10), "nothing has become worse")
    }

    @Test func `none is made while batches that name the older of two are on their way`() throws {
        let (old, new, newer) = (try Primers.make(1), try Primers.make(2), try Primers.make(3))
        var cycle = PrimerCycle(.init(bytes: 1_000, leastAge: .zero))
        cycle.trained(old, at: .zero)
        cycle.trained(new, at: .zero)
        cycle.trained(newer, at: .zero)
        #expect(cycle.primers.map(\.identifier) == [new, newer].map(\.identifier))
        var send = Self.begun([old], Self.welcome(primers: [old]))
        let request = try #require(send.nextRequest(at: .zero))
        send.answered(Self.answer(request, samples: .enough), at: .zero)
        send.primers = PrimerCycle(Self.settings)
        send.primers.begin(Self.welcome(), at: .zero)
        send.primers.saw(.enough)
        #expect(!send.wantsTraining(at: .zero))
        _ = try Self.leaving(&send)
        #expect(!send.wantsTraining(at: .zero))
        _ = send.acknowledged(0, LandedRanges(cumulative: 10), at: .zero)
        #expect(send.wantsTraining(at: .zero))
    }

    @Test func `small batches do not keep a primer from leaving, and alarms pass it`() throws {
        let primer = try Primers.make()
        var send = SendMachine(
            SendMachine.Settings(linger: .zero),
            epoch: SendMachineTests.epoch,
            node: "n",
            primers: PrimerCycle(Self.settings, primers: [primer])
        )
        let states = [
            SendMachineTests.state(.normal, last: 10, epoch: 3, ordinal: 1), SendMachineTests.state(.alarm, last: 10),
        ]
        var welcome = Self.welcome()
        welcome.landed.append(LandedRanges(cumulative: 0))
        // Room for a small batch, and for no part.
        welcome.credit = 600
        _ = send.begin(states, acknowledged: [:], welcome, roundTrip: .zero, at: .zero)
        while let request = send.nextRequest(at: .zero) {
            send.answered(Self.answer(request, bytes: 100), at: .zero)
        }
        #expect(send.next(at: .zero) == .batch(handle: 1, bytes: [UInt8](repeating: 1, count: 100)))
        #expect(send.next(at: .zero) == nil)
        send.credited(10_000)
        let frames = try Self.leaving(&send)
        #expect(
            frames == [
                .primer(primer.identifier.rawValue, bytes: primer.bytes),
                .batch(handle: 0, bytes: [UInt8](repeating: 1, count: 100)),
            ]
        )
    }

    @Test func `the end does not wait for a primer`() throws {
        let primer = try Primers.make()
        var send = Self.begun([primer], Self.welcome(landed: 100))
        send.isFlushing = true
        #expect(send.isDone)
        #expect(send.next(at: .zero) == nil)
    }
}
