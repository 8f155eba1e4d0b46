// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import TestSupport
import Testing

@Suite struct AgentStoreAgeTests {
    private static let years50: Int64 = 50 * 365 * 86_400_000

    private func open(
        _ directory: StateDirectory,
        _ clock: ManualClock,
        age: Duration? = .seconds(3_600)
    ) throws
        -> AgentStore
    {
        try AgentStore.open(directory) {
            $0.clock = clock.read
            $0.maximumAge = age
        }
    }

    private func publish(_ store: AgentStore, _ clock: ManualClock, _ payloads: [String]) async throws {
        var block = EventBlock()
        for payload in payloads { block.append(timestamp: clock.wall(), topic: "t", payload: Array(payload.utf8)) }
        try await store.append(block)
    }

    private func expired(_ store: AgentStore) -> UInt64 {
        store.statistics().gaps.first { $0.reason == .expired }?.events ?? 0
    }

    /// Lets the store look, and waits until it has: what it writes after that has come after it.
    private func look(_ store: AgentStore) async throws {
        store.lookAtClock()
        try await store.append(EventBlock())
        for _ in 0..<2 {
            store.giveUp(Gap(lane: store.lane(.bulk), first: 1, last: 1, reason: .rejected))
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func `exactly what is too old is given up, and a gap says so`() async throws {
        let (directory, clock) = (StateDirectory(), ManualClock())
        let store = try open(directory, clock)
        try await publish(store, clock, (1...50).map { "\($0)" })
        clock.advance(.seconds(1_800))
        try await publish(store, clock, (51...60).map { "\($0)" })
        clock.advance(.seconds(1_799))
        try await look(store)
        #expect(expired(store) == 0)
        clock.advance(.seconds(2))
        store.lookAtClock()
        #expect(await store.settles { $0.backlogEvents == 10 })
        #expect(expired(store) == 50)
        #expect(await store.contents(store.lane()) == ["1-50 expired"] + (51...60).map { "\($0)" })
        await store.close()
        let again = try open(directory, clock)
        #expect(await again.contents(store.lane()).first == "1-50 expired")
        #expect(expired(again) == 50)
        await again.close()
    }

    @Test func `many segments go`() async throws {
        let (directory, clock) = (StateDirectory(), ManualClock())
        let store = try AgentStore.open(directory) {
            $0.clock = clock.read
            $0.maximumAge = .seconds(3_600)
            $0.maximumBytes = 8 << 20
        }
        for _ in 0..<30 {
            try await publish(store, clock, (0..<40).map { _ in String(repeating: "x", count: 1_000) })
            clock.advance(.seconds(120))
        }
        clock.advance(.seconds(120))
        store.lookAtClock()
        // An hour old, or older: the first two writes of thirty.
        #expect(await store.settles { $0.backlogEvents == 28 * 40 })
        clock.advance(.seconds(3_000))
        store.lookAtClock()
        #expect(await store.settles { $0.backlogEvents == 3 * 40 })
        #expect(expired(store) == 27 * 40)
        #expect(await store.contents(store.lane()).first == "1-1080 expired")
        await store.close()
    }

    @Test func `what is packed goes as exactly`() async throws {
        let (directory, clock) = (StateDirectory(), ManualClock())
        let store = try AgentStore.open(directory) {
            $0.clock = clock.read
            $0.maximumAge = .seconds(3_600)
            $0.maximumBytes = 4 << 20
        }
        for write in 0..<8 {
            let payload = "{\"write\":\(write),\"state\":\"\(String(repeating: "ok ", count: 40))\"}"
            try await publish(store, clock, Array(repeating: payload, count: 500))
            clock.advance(.seconds(120))
        }
        #expect(try await store.packAll() > 2_000)
        // 960 s have passed; the first three writes are then an hour old or older.
        clock.advance(.seconds(3_600 - 960 + 241))
        store.lookAtClock()
        #expect(await store.settles { $0.backlogEvents == 5 * 500 })
        #expect(expired(store) == 1_500)
        let slices = await store.readAll(store.lane(), from: 1)
        guard case .gap(let gap)? = slices.first else {
            Issue.record("no gap")
            return
        }
        #expect(gap.first == 1 && gap.last == 1_500 && gap.reason == .expired)
        await store.close()
    }

    @Test func `a jump of fifty years deletes nothing, in either direction`() async throws {
        let (directory, clock) = (StateDirectory(), ManualClock())
        let store = try open(directory, clock)
        try await publish(store, clock, ["a", "b"])
        for wall in [clock.truth + Self.years50, 0, clock.truth - Self.years50, clock.truth + Self.years50] {
            clock.step(to: wall)
            clock.advance(.seconds(60))
            try await look(store)
            try await publish(store, clock, ["c"])
        }
        clock.synchronise()
        try await look(store)
        #expect(expired(store) == 0)
        #expect(store.statistics().backlogEvents == 6)
        #expect(store.statistics().oldestAge == 240_000)
        await store.close()
    }

    @Test func `a reboot without a clock, or with a wrong one, deletes nothing`() async throws {
        let (directory, clock) = (StateDirectory(), ManualClock())
        for wall in [0, ManualClock.newYear + Self.years50, ManualClock.newYear - 86_400_000] {
            let store = try open(directory, clock)
            try await publish(store, clock, ["x"])
            clock.advance(.seconds(60))
            await store.close()
            clock.reboot(off: .seconds(86_400), wall: wall)
            clock.advance(.seconds(10))
        }
        let store = try open(directory, clock)
        try await look(store)
        #expect(expired(store) == 0)
        #expect(store.statistics().backlogEvents == 3)
        // The time that has certainly passed counts: three reboots without a clock take an hour of uptime.
        clock.advance(.seconds(3_600 - 3 * 10 - 1))
        try await look(store)
        #expect(expired(store) == 0)
        clock.advance(.seconds(181))
        store.lookAtClock()
        #expect(await store.settles { $0.backlogEvents == 0 })
        #expect(expired(store) == 3)
        await store.close()
    }

    @Test func `when both ends were synchronised the time between counts, and only for what was there before`()
        async throws
    {
        let (directory, clock) = (StateDirectory(), ManualClock())
        let store = try open(directory, clock)
        try await publish(store, clock, ["old"])
        await store.close()
        clock.reboot(off: .seconds(86_400), wall: 0)
        let again = try open(directory, clock)
        try await publish(again, clock, ["new"])
        try await look(again)
        #expect(expired(again) == 0)
        clock.advance(.seconds(60))
        clock.synchronise()
        again.lookAtClock()
        #expect(await again.settles { $0.backlogEvents == 1 })
        #expect(expired(again) == 1)
        #expect(await again.contents(again.lane()) == ["new"])
        await again.close()
        // Nor does the next opening take it for older than it is.
        let third = try open(directory, clock)
        try await look(third)
        #expect(third.statistics().backlogEvents == 1)
        #expect(third.statistics().oldestAge == 60_000)
        await third.close()
    }

    @Test func `what an agent of before kept ages from now on`() async throws {
        let (directory, clock) = (StateDirectory(), ManualClock())
        let store = try open(directory, clock, age: nil)
        try await publish(store, clock, ["x"])
        clock.advance(.seconds(100_000))
        try await look(store)
        #expect(expired(store) == 0)
        await store.close()
        let again = try open(directory, clock)
        again.lookAtClock()
        #expect(await again.settles { $0.backlogEvents == 0 })
        await again.close()
    }
}
