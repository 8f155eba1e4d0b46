// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Storage
import TestSupport
import Testing
import UplinkFrames

@testable import Uplink

/// Two streams of a lane (decision 3), against a hub that keeps account of what lands in which order.
@Suite struct LiveFirstTests {
    /// An outage with a backlog, then a device that goes on at ten events a second for a minute.
    private func afterOutage(_ drain: DrainOrder) throws -> DrainModel {
        var model = DrainModel(drain)
        model.append(.normal, 20_000)
        try model.run(.seconds(60))
        try model.connect()
        for _ in 0..<600 {
            model.append(.normal, 1)
            try model.run(.milliseconds(100))
        }
        return model
    }

    @Test func `what comes after an outage is soon there, and the backlog follows beside it`() throws {
        var model = try afterOutage(.liveFirst)
        let late = model.liveLatencies.filter { $0 > .seconds(1) }
        #expect(late.count <= 64, "but for the newest events of the outage")
        #expect(model.liveLatencies.count >= 600)
        #expect(model.historical > 10_000, "the backlog had to drain meanwhile")
        #expect(model.send.historicalEvents == UInt64(20_000 - 64 - model.historical))
        try model.finish()
        #expect(model.isComplete && model.send.isDone && model.repeated == 0 && model.disorder.isEmpty)
        #expect(model.send.historicalEvents == 0)
        #expect(model.historical == 20_000 - 64)
    }

    @Test func `in order, it waits behind the backlog`() throws {
        var model = try afterOutage(.ordered)
        try model.finish()
        #expect(model.historical == 0 && model.send.historicalEvents == nil)
        #expect(model.isComplete && model.repeated == 0)
        #expect(model.liveLatencies.suffix(600).allSatisfy { $0 > .seconds(1) })
    }

    @Test func `live events that take all they can get leave half of the link to the backlog`() throws {
        var model = DrainModel(.liveFirst)
        model.append(.normal, 50_000)
        try model.connect()
        let before = model.historical
        for _ in 0..<1_200 {
            // 40 events are a batch of an eighth of a second: twice what the link carries.
            model.append(.bulk, 32)
            try model.run(.milliseconds(50))
        }
        let events = Double(model.historical - before)
        // 60 seconds of 320 events each.
        #expect((0.4...0.6).contains(events / (60 * 320)), "\(events)")
    }

    @Test func `a few events are no backlog`() throws {
        var model = DrainModel(.liveFirst)
        model.append(.normal, 64)
        try model.connect()
        model.append(.normal, 64)
        try model.finish()
        #expect(model.isComplete && model.historical == 0)
    }

    @Test func `an alarm passes the alarms of the outage`() throws {
        var model = DrainModel(.liveFirst)
        model.append(.alarm, 5_000)
        model.append(.normal, 5_000)
        try model.connect()
        try model.run(.seconds(2))
        let landed = model.liveLatencies.count
        model.append(.alarm, 1)
        try model.run(.seconds(1))
        #expect(model.liveLatencies.count == landed + 1)
        #expect(model.landed[model.lane(.normal)] == nil, "alarms of the outage go before all the rest")
    }

    @Test func `a connection that ends in the middle goes on where both streams stood`() throws {
        var model = DrainModel(.liveFirst)
        model.append(.normal, 5_000)
        try model.connect()
        try model.run(.seconds(3))
        for _ in 0..<3 {
            model.append(.normal, 500)
            try model.run(.milliseconds(300))
            model.disconnect()
            model.append(.normal, 1_000)
            try model.connect()
            try model.run(.seconds(1))
        }
        #expect(model.mostRanges >= 3)
        try model.finish()
        #expect(model.isComplete && model.send.isDone && model.disorder.isEmpty)
        #expect(model.repeated == 0, "what has landed was sent once more")
    }

    @Test func `older epochs drain in their order beside what comes`() throws {
        var model = DrainModel(.liveFirst)
        model.append(.normal, 3_000)
        model.restart()
        model.append(.normal, 3_000)
        model.restart()
        model.append(.normal, 3_000)
        try model.connect()
        try model.run(.seconds(2))
        model.append(.normal, 10)
        try model.run(.seconds(1))
        #expect(model.landed[model.lane(.normal)]?.highest == 3_010)
        #expect(model.landed[model.lane(.normal, ordinal: 2)] == nil, "the oldest goes first")
        let oldest = try #require(model.landed[model.lane(.normal, ordinal: 1)])
        #expect(oldest.cumulative > 100)
        try model.run(.seconds(15))
        #expect(model.landed[model.lane(.normal)]?.cumulative == 0, "the newest backlog goes last")
        try model.finish()
        #expect(model.isComplete && model.send.isDone && model.disorder.isEmpty && model.repeated == 0)
    }

    @Test func `a gap that lies across the mark lands in both streams`() throws {
        var model = DrainModel(.liveFirst)
        model.append(.normal, 1_000)
        model.gaps = [Gap(lane: model.lane(.normal), first: 900, last: 990, reason: .bufferFull)]
        try model.connect()
        try model.finish()
        #expect(model.isComplete && model.send.isDone && model.disorder.isEmpty && model.repeated == 0)
    }

    @Test func `after a primer was asked for, live events still pass the backlog`() throws {
        var model = DrainModel(.liveFirst)
        model.append(.normal, 5_000)
        try model.connect()
        try model.run(.seconds(2))
        model.wantPrimer()
        model.append(.normal, 10)
        try model.run(.seconds(2))
        #expect(model.landed[model.lane(.normal)]?.highest == 5_010)
        try model.finish()
        #expect(model.isComplete && model.send.isDone && model.disorder.isEmpty)
    }

    @Test func `a hub that lost its log is offered everything again`() throws {
        var model = DrainModel(.liveFirst)
        model.append(.normal, 2_000)
        try model.connect()
        try model.run(.seconds(3))
        model.append(.normal, 100)
        try model.run(.seconds(1))
        model.restoreHub([:])
        model.append(.normal, 100)
        try model.connect()
        try model.finish()
        #expect(model.isComplete && model.send.isDone && model.disorder.isEmpty)
    }

    @Test(arguments: [UInt64(50), 1_990])
    func `a rejected event becomes a gap in either stream`(poison: UInt64) throws {
        var model = DrainModel(.liveFirst)
        model.append(.alarm, 2_000)
        model.poison = poison
        try model.connect()
        try model.finish()
        #expect(model.gaps.map(\.first) == [poison] && model.gaps.map(\.last) == [poison])
        #expect(model.isComplete && model.send.isDone)
    }

    @Test func `live events that do not leave become historical, and ranges stay few`() throws {
        var model = DrainModel(.liveFirst)
        model.append(.normal, 20_000)
        try model.connect()
        // Twice what the link carries: 640 events a second.
        for step in 0..<600 {
            model.append(.normal, 320)
            try model.run(.milliseconds(500))
            guard step == 120 else { continue }
            let late = model.liveLatencies.filter { $0 > .seconds(9) }.count
            #expect(late < model.liveLatencies.count / 10, "\(late) of \(model.liveLatencies.count)")
        }
        #expect((10...18).contains(model.mostRanges), "\(model.mostRanges)")
        try model.finish()
        #expect(model.isComplete && model.send.isDone && model.disorder.isEmpty && model.repeated == 0)
    }

    /// A link that falls from one megabyte a second to nothing, with events of the live stream on it.
    private func stalled() throws -> DrainModel {
        var model = DrainModel(.liveFirst)
        model.rate = 1_000_000
        model.append(.normal, 1_000)
        try model.connect()
        try model.run(.seconds(10))
        #expect(model.isComplete && model.historical == 1_000 - 64)
        model.rate = 100
        for _ in 0..<10 {
            model.append(.normal, 5_000)
            try model.run(.seconds(1))
        }
        model.rate = 1_000_000
        return model
    }

    @Test func `what the live stream has sent is not sent once more when the rest becomes historical`() throws {
        var model = try stalled()
        try model.finish()
        #expect(model.historical > 1_000 - 64, "nothing became historical")
        #expect(model.isComplete && model.send.isDone && model.disorder.isEmpty && model.repeated == 0)
    }

    @Test func `what becomes historical while it is read is sent once`() throws {
        var send = SendMachine(SendMachine.Settings(linger: .zero, drain: .liveFirst), epoch: SendMachineTests.epoch)
        let welcome = Welcome(
            hubID: 1,
            hubEpoch: 1,
            maximumEventBytes: 1 << 18,
            credit: 1 << 20,
            landed: [LandedRanges(cumulative: 0)]
        )
        let state = SendMachineTests.state(.normal, last: 0)
        _ = send.begin([state], acknowledged: [:], welcome, roundTrip: .zero, at: .zero)
        send.update([SendMachineTests.state(.normal, last: 100)], at: .zero)
        let live = try #require(send.nextRequest(at: .zero))
        #expect(live.from == 1 && !live.isHistorical)
        send.update([SendMachineTests.state(.normal, last: 1_000)], at: .seconds(6))
        send.answered(SendMachineTests.answer(live, count: 100), at: .seconds(6))
        #expect(send.next(at: .seconds(6)) == nil)
        let newest = try #require(send.nextRequest(at: .seconds(6)))
        #expect(newest.from == 937 && !newest.isHistorical)
        send.answered(SendMachineTests.answer(newest, count: 64), at: .seconds(6))
        let history = try #require(send.nextRequest(at: .seconds(6)))
        #expect(history.from == 1 && history.through == 936 && history.isHistorical)
    }

    /// `TORTURE_ROUNDS=10` makes it ten times as many.
    private static let rounds = getenv("TORTURE_ROUNDS").flatMap { Int(String(cString: $0)) } ?? 1

    @Test(arguments: 0..<40 * rounds)
    func `whatever happens, nothing is lost and each stream keeps its order`(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        var model = DrainModel(.liveFirst)
        model.rate = [2_000, 8_000, 100_000].randomElement(using: &random) ?? 8_000
        var copy: [Lane: SequenceSet] = [:]
        for _ in 0..<120 {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<8:
                let eventClass = EventClass.allCases.randomElement(using: &random) ?? .normal
                model.append(eventClass, UInt64.random(in: 1...300, using: &random))
            case 8..<14: try model.run(.milliseconds(Int.random(in: 1...3_000, using: &random)))
            case 14, 15: try model.connect()
            case 16: model.disconnect()
            case 17: model.wantPrimer()
            case 18 where Bool.random(using: &random): model.restart()
            case 19 where Bool.random(using: &random): copy = model.landed
            case 19 where Bool.random(using: &random): model.restoreHub(copy)
            default: break
            }
        }
        #expect(model.mostRanges <= LandedRanges.maximumRanges, "seed \(seed)")
        try model.finish()
        #expect(model.isComplete && model.send.isDone, "seed \(seed)")
        #expect(model.disorder.isEmpty, "seed \(seed)")
    }
}
