// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import Testing

@Suite struct AgentStoreBudgetTests {
    let directory = StateDirectory()

    @Test func `the budget holds, and what goes is a gap of the least urgent class`() async throws {
        let budget: Int64 = 6 << 20
        let store = try AgentStore.open(directory) { $0.maximumBytes = budget }
        let filler = String(repeating: "x", count: 900)
        for number in 0..<300 {
            try await store.append((0..<10).map { "\(number * 10 + $0) \(filler)" }, eventClass: .normal)
            try await store.append((0..<10).map { "\(number * 10 + $0) \(filler)" }, eventClass: .bulk)
            if number < 20 { try await store.append(["\(number)"], eventClass: .alarm) }
            #expect(store.statistics().diskBytes <= budget, "after \(number)")
        }
        let figures = store.statistics()
        #expect(await store.contents(store.lane(.alarm)) == (0..<20).map { "\($0)" }, "alarms are given up last")
        #expect(figures.gaps.contains { $0.eventClass == .bulk && $0.reason == .bufferFull })
        #expect(!figures.gaps.contains { $0.eventClass == .alarm })
        let given = figures.gaps.reduce(0) { $0 + $1.events }
        #expect(figures.backlogEvents + given == 6020, "each event is there or in a gap")
        var seen: [UInt64] = []
        for eventClass in [EventClass.normal, .bulk] {
            for slice in await store.readAll(store.lane(eventClass)) {
                switch slice {
                case .events(let block):
                    for index in 0..<block.count {
                        let number = block.records[index].sequence
                        seen.append(number)
                        let text = String(decoding: block.payload(at: index), as: UTF8.self)
                        #expect(text.hasPrefix("\(number - 1) "))
                    }
                case .gap(let gap):
                    #expect(gap.reason == .bufferFull && gap.endKnown)
                    seen += gap.first...gap.last
                default: Issue.record("\(slice)")
                }
            }
        }
        #expect(seen == Array(1...3000) + Array(1...3000), "no hole between events and gaps")
        await store.close()
    }

    @Test func `what is in the file counts from the opening on`() async throws {
        let store = try AgentStore.open(directory) { $0.maximumBytes = 16 << 20 }
        let free = store.statistics().freeBytes
        for _ in 0..<10 { try await store.append((0..<100).map { "\($0) " + String(repeating: "x", count: 2000) }) }
        let left = store.statistics().freeBytes
        #expect(left < free - 2_000_000)
        await store.close()
        let again = try AgentStore.open(directory) { $0.maximumBytes = 16 << 20 }
        #expect(again.statistics().freeBytes < free - 2_000_000)
        await again.close()
    }

    @Test func `gaps of a full buffer grow together`() async throws {
        let store = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        let filler = String(repeating: "x", count: 2000)
        for _ in 0..<100 { try await store.append(Array(repeating: filler, count: 50)) }
        let slices = await store.readAll(store.lane())
        guard case .gap(let gap) = slices.first else {
            Issue.record("nothing was given up")
            return
        }
        #expect(gap.first == 1 && gap.last > 2000)
        let later = slices.dropFirst().contains { if case .gap = $0 { true } else { false } }
        #expect(!later)
        let crashed = try AgentStore.open(directory.copy()) { $0.maximumBytes = 4 << 20 }
        #expect(await crashed.readAll(store.lane()).count == slices.count, "gaps outlive a crash")
        await crashed.close()
        await store.close()
    }

    @Test func `events larger than a page keep to the budget`() async throws {
        let store = try AgentStore.open(directory) { $0.maximumBytes = 4 << 20 }
        for number in 0..<100 {
            try await store.append([String(repeating: "y", count: number * 2500)])
            #expect(store.statistics().diskBytes <= 4 << 20)
        }
        #expect(store.statistics().gaps.first?.reason == .bufferFull)
        await store.close()
    }

    @Test func `a smaller budget than last time is kept after the first write`() async throws {
        let first = try AgentStore.open(directory) { $0.maximumBytes = 64 << 20 }
        let filler = String(repeating: "x", count: 1000)
        for _ in 0..<100 { try await first.append(Array(repeating: filler, count: 200)) }
        await first.close()
        let second = try AgentStore.open(directory) { $0.maximumBytes = 8 << 20 }
        try await second.append(["x"])
        #expect(await second.settles { $0.diskBytes <= 8 << 20 })
        #expect(second.statistics().gaps.first?.reason == .bufferFull)
        await second.close()
    }

    @Test func `a budget that holds nothing is refused`() {
        #expect(throws: StoreError.self) { try AgentStore.open(directory) { $0.maximumBytes = 1 << 20 } }
    }
}
