// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Storage
import TestSupport
import Testing

@Suite struct AgentStoreClockTests {
    /// A store and the machine that it is on.
    final class Machine {
        let clock: ManualClock
        let directory = StateDirectory(inMemory: true)
        var store: AgentStore
        /// When each event was really taken.
        var taken: [Lane: [Int64]] = [:]

        init(_ clock: ManualClock) throws {
            self.clock = clock
            store = try Self.open(directory, clock)
        }

        static func open(_ directory: StateDirectory, _ clock: ManualClock) throws -> AgentStore {
            try AgentStore.open(directory) { $0.clock = clock.read }
        }

        func restart() async throws {
            await store.close()
            store = try Self.open(directory, clock)
        }

        func publish(_ count: Int, _ eventClass: EventClass = .normal) async throws {
            var block = EventBlock()
            for index in 0..<count {
                clock.advance(.milliseconds(3))
                let payload = Array("\(index)".utf8)
                block.append(timestamp: clock.wall(), eventClass: eventClass, topic: "t", payload: payload)
                taken[store.lane(eventClass), default: []].append(clock.truth)
            }
            try await store.append(block)
        }

        /// Clock records as a hub would have them.
        var history: ClockHistory {
            ClockHistory(store.clocks(unknownTo: 1).map { .init(epoch: $0.epoch, record: $0.record) })
        }

        /// What readers are shown of each event, and the truth.
        func times() async -> [(shown: EventTime, raw: Int64, truth: Int64)] {
            let history = history
            var times: [(EventTime, Int64, Int64)] = []
            for lane in taken.keys.sorted(by: { $0.epoch < $1.epoch }) {
                let clock = history.clock(of: lane)
                for case .events(let block) in await store.readAll(lane) {
                    for record in block.records {
                        let shown = clock.time(of: record.sequence, raw: record.timestamp)
                        times.append((shown, record.timestamp, taken[lane]?[Int(record.sequence) - 1] ?? 0))
                    }
                }
            }
            return times
        }
    }

    @Test func `a boot in 1970, the time, and a step back to 2010`() async throws {
        let machine = try Machine(ManualClock(wall: 0))
        let clock = machine.clock
        try await machine.publish(5)
        clock.advance(.seconds(60))
        try await machine.publish(5, .alarm)
        clock.synchronise()
        try await machine.publish(5)
        clock.advance(.seconds(60))
        clock.step(to: 1_262_304_000_000)
        try await machine.publish(5, .alarm)
        let times = await machine.times()
        #expect(times.count == 20)
        for time in times { #expect(abs(time.shown.milliseconds - time.truth) <= 20, "\(time)") }
        #expect(times.count { $0.shown.quality == .synchronised } == 5)
        #expect(times.count { $0.shown.quality == .corrected } == 15)
        // What the device is told, and what goes upstream, stays what the clock said.
        #expect(times.count { $0.raw < 70_000 } == 10)
        #expect(await machine.store.contents(machine.store.lane()) == (0..<5).map { "\($0)" } + (0..<5).map { "\($0)" })
        await machine.store.close()
    }

    @Test func `a step between two events of one write is told apart`() async throws {
        let machine = try Machine(ManualClock(wall: 0))
        try await machine.publish(1)
        var block = EventBlock()
        for second in 0..<4 {
            machine.clock.advance(.milliseconds(100))
            if second == 2 { machine.clock.synchronise() }
            block.append(timestamp: machine.clock.wall(), topic: "t", payload: [])
            machine.taken[machine.store.lane(), default: []].append(machine.clock.truth)
        }
        try await machine.store.append(block)
        let times = await machine.times()
        #expect(times.map(\.shown.quality) == [.corrected, .corrected, .corrected, .synchronised, .synchronised])
        for time in times { #expect(abs(time.shown.milliseconds - time.truth) <= 1_000, "\(time)") }
        await machine.store.close()
    }

    @Test func `the time may come while nobody publishes, and after a restart`() async throws {
        let machine = try Machine(ManualClock(wall: 0))
        try await machine.publish(3)
        try await machine.restart()
        machine.clock.advance(.seconds(20))
        machine.clock.synchronise()
        machine.store.lookAtClock()
        let count = machine.store.clocks(unknownTo: 1).count
        #expect(await machine.store.settles { _ in machine.store.clocks(unknownTo: 1).count == 3 }, "\(count)")
        let times = await machine.times()
        #expect(times.map(\.shown.quality) == [.corrected, .corrected, .corrected])
        for time in times { #expect(time.shown.milliseconds == time.truth) }
        await machine.store.close()
    }

    @Test func `records survive a crash, and go to a hub once`() async throws {
        let machine = try Machine(ManualClock(wall: 0))
        try await machine.publish(3)
        machine.clock.synchronise()
        try await machine.publish(3)
        let crashed = machine.directory.copy()
        let records = machine.store.clocks(unknownTo: 1)
        #expect(records.map(\.record.ordinal) == [1, 2])
        machine.store.acknowledge(clock: records[0].name, hub: 1)
        #expect(await machine.store.settles { _ in machine.store.clocks(unknownTo: 1).count == 1 })
        #expect(machine.store.clocks(unknownTo: 2).count == 2)
        try await machine.restart()
        #expect(machine.store.clocks(unknownTo: 1).map(\.record.ordinal) == [2, 1])
        await machine.store.close()
        let other = try Machine.open(crashed, machine.clock)
        #expect(other.clocks(unknownTo: 1).prefix(2).map(\.record) == records.map(\.record))
        await other.close()
    }

    @Test func `a clock that goes mad does not fill the store`() async throws {
        let machine = try Machine(ManualClock(wall: 0))
        for step in 1...400 {
            machine.clock.step(to: Int64(step) * 86_400_000)
            try await machine.publish(1)
        }
        let records = machine.store.clocks(unknownTo: 1)
        #expect(records.count == 256)
        #expect(records.first?.record.ordinal == 1 && records.last?.record.ordinal == 401)
        try await machine.restart()
        #expect(machine.store.clocks(unknownTo: 1).count == 257)
        await machine.store.close()
    }

    @Test func `what was refused is recorded with what comes next`() async throws {
        let machine = try Machine(ManualClock(wall: 0))
        try await machine.publish(1)
        machine.clock.synchronise()
        // Larger than the buffer: the commit that would have recorded the step fails.
        var block = EventBlock()
        block.append(timestamp: 0, topic: "t", payload: [UInt8](repeating: 1, count: 400 << 20))
        await #expect(throws: StoreError.self) { try await machine.store.append(block) }
        try await machine.publish(2)
        #expect(await machine.times().map(\.shown.quality) == [.corrected, .synchronised, .synchronised])
        await machine.store.close()
    }

    /// Days of a machine whose clock does what it wants.
    @Test(arguments: UInt64(1)...12)
    func `corrected times are right, ages never too high`(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let machine = try Machine(ManualClock(wall: Bool.random(using: &generator) ? nil : 0))
        let clock = machine.clock
        for _ in 0..<60 {
            switch Int.random(in: 0..<12, using: &generator) {
            case 0: clock.synchronise()
            case 1: clock.loseSynchronisation()
            case 2: clock.step(to: Int64.random(in: 0..<4_000_000_000_000, using: &generator))
            case 3: clock.step(to: clock.wall() + Int64.random(in: -30_000...30_000, using: &generator))
            case 4: try await machine.restart()
            case 5:
                await machine.store.close()
                let off = Duration.seconds(Int.random(in: 1...1_000_000, using: &generator))
                clock.reboot(off: off, wall: Bool.random(using: &generator) ? 0 : clock.truth)
                machine.store = try Machine.open(machine.directory, clock)
            case 6...8: clock.advance(.seconds(Int.random(in: 0...20_000, using: &generator)))
            default:
                let eventClass = EventClass.allCases.randomElement(using: &generator) ?? .normal
                try await machine.publish(Int.random(in: 1...5, using: &generator), eventClass)
            }
            machine.store.lookAtClock()
        }
        let times = await machine.times()
        for time in times {
            switch time.shown.quality {
            // A step below the bound is not recorded; a minute of small ones may add up to it.
            case .synchronised, .corrected:
                #expect(abs(time.shown.milliseconds - time.truth) <= 2_100, "seed \(seed): \(time)")
            case .unset, .unsynchronised: #expect(time.shown.milliseconds == time.raw, "seed \(seed)")
            case .bounded: break
            case .unknown: Issue.record("seed \(seed): an event without a record")
            }
        }
        if let age = machine.store.statistics().oldestAge, let oldest = times.map(\.truth).min() {
            #expect(age <= clock.truth - oldest + 2_100, "seed \(seed)")
        }
        await machine.store.close()
    }
}
