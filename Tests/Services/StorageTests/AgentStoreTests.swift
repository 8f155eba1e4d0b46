// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import Synchronization
import Testing

@Suite struct AgentStoreTests {
    let directory = StateDirectory()

    @Test func `what was appended is read back byte for byte, in the order of calls`() async throws {
        let store = try AgentStore.open(directory)
        var block = EventBlock()
        block.append(
            timestamp: -5,
            eventClass: .normal,
            topic: "a/b",
            attributes: [2, 4, 1],
            payload: [0, 255, 1]
        )
        block.append(timestamp: .max, eventClass: .normal, topic: "\u{1F600}", payload: [])
        block.append(timestamp: 7, eventClass: .alarm, topic: "x", payload: Array(repeating: 9, count: 300_000))
        try await store.append(block)
        guard case .events(let normal) = await store.read(store.lane(), from: 1, maximumBytes: 1 << 20),
            case .events(let alarm) = await store.read(store.lane(.alarm), from: 1, maximumBytes: 10)
        else {
            Issue.record("nothing to read")
            return
        }
        #expect(normal.records.map(\.sequence) == [1, 2])
        #expect(normal.records.map(\.timestamp) == [-5, .max])
        #expect(normal.topic(at: 0) == "a/b" && normal.topic(at: 1) == "\u{1F600}")
        #expect(Array(normal.attributes(at: 0)) == [2, 4, 1] && normal.attributes(at: 1).isEmpty)
        #expect(Array(normal.payload(at: 0)) == [0, 255, 1] && normal.payload(at: 1).isEmpty)
        #expect(alarm.count == 1, "the first event comes whatever its size")
        #expect(alarm.payload(at: 0).count == 300_000 && alarm.records[0].eventClass == .alarm)
        await store.close()
    }

    @Test func `completions come in the order of the calls`() async throws {
        let store = try AgentStore.open(directory)
        let order = Mutex<[Int]>([])
        await withCheckedContinuation { continuation in
            for number in 0..<500 {
                store.append(EventBlock(["\(number)"])) { result in
                    if case .success = result { order.withLock { $0.append(number) } }
                    if number == 499 { continuation.resume() }
                }
            }
        }
        #expect(order.withLock { $0 } == Array(0..<500))
        #expect(await store.contents(store.lane()) == (0..<500).map { "\($0)" })
        #expect(store.statistics().commits < 500, "commits are made in groups")
        await store.close()
    }

    @Test func `reads stop at the asked size and go on where they stopped`() async throws {
        let store = try AgentStore.open(directory)
        let texts = (0..<1000).map { "payload \($0)" }
        try await store.append(texts)
        #expect(await store.contents(store.lane(), maximumBytes: 100) == texts)
        #expect(await store.contents(store.lane(), from: 991) == Array(texts[990...]))
        guard case .events(let block) = await store.read(store.lane(), from: 5, maximumBytes: 100) else {
            Issue.record("nothing to read")
            return
        }
        #expect(block.byteCount <= 100 && block.byteCount > 80)
        await store.close()
    }

    @Test func `lanes of many segments are read across their borders`() async throws {
        let store = try AgentStore.open(directory) { $0.maximumBytes = 8 << 20 }
        let texts = (0..<3000).map { "\($0) " + String(repeating: "x", count: 300) }
        for start in stride(from: 0, to: texts.count, by: 100) {
            try await store.append(Array(texts[start..<start + 100]))
        }
        #expect(await store.contents(store.lane(), maximumBytes: 1 << 20) == texts)
        await store.close()
    }

    @Test func `a new opening is a new epoch, and the old one drains first under its own name`() async throws {
        let first = try AgentStore.open(directory) { $0.node = "old" }
        try await first.append(["1", "2"])
        await first.close()
        let second = try AgentStore.open(directory) { $0.node = "new" }
        try await second.append(["3"], eventClass: .alarm)
        #expect(second.epoch.ordinal == first.epoch.ordinal + 1 && second.epoch.id != first.epoch.id)
        #expect(second.storeID == first.storeID)
        let lanes = second.lanes()
        #expect(lanes.map(\.lane) == [first.lane(), second.lane(.alarm)])
        #expect(lanes.map(\.node) == ["old", "new"] && lanes.map(\.last) == [2, 1])
        #expect(lanes[0].ceiling == 2, "a clean end leaves no doubt")
        #expect(lanes[1].ceiling >= 65_536)
        #expect(await second.contents(first.lane()) == ["1", "2"])
        #expect(await second.contents(second.lane(.alarm)) == ["3"], "each epoch counts from 1")
        await second.close()
    }

    @Test func `what a crash leaves is all there`() async throws {
        let store = try AgentStore.open(directory)
        for number in 0..<50 { try await store.append(["\(number)"]) }
        let crashed = directory.copy()
        let again = try AgentStore.open(crashed)
        #expect(await again.contents(store.lane()) == (0..<50).map { "\($0)" }, "no gap either")
        #expect(again.statistics().backlogEvents == 50)
        let state = try #require(again.lanes().first)
        #expect(state.last == 50 && state.ceiling == 65_536)
        await again.close()
        await store.close()
    }

    @Test func `acknowledged segments go, and the count of what waits is exact`() async throws {
        let store = try AgentStore.open(directory) { $0.maximumBytes = 8 << 20 }
        let texts = (0..<7000).map { "\($0) " + String(repeating: "x", count: 500) }
        for start in stride(from: 0, to: texts.count, by: 100) {
            try await store.append(Array(texts[start..<start + 100]))
        }
        let full = store.statistics()
        #expect(full.backlogEvents == 7000)
        #expect(full.backlogBytes > 3_500_000 && full.diskBytes <= 8 << 20)
        store.acknowledge(store.lane(), SequenceSet(cumulative: 3000, ranges: [3500...3599]), hub: 1)
        #expect(store.statistics().backlogEvents == 3900)
        #expect(store.statistics().acknowledged == 3100)
        #expect(store.lanes().first?.acknowledged == 3000)
        #expect(await store.contents(store.lane(), from: 3001) == Array(texts[3000...]))
        store.acknowledge(store.lane(), SequenceSet(cumulative: 9000), hub: 1)
        #expect(store.statistics().backlogEvents == 0, "a hub cannot have what was never given out")
        #expect(await store.settles { $0.diskBytes < full.diskBytes * 2 / 3 }, "the room is handed back")
        await store.close()
    }

    @Test func `acknowledgements outlive the process, by hub`() async throws {
        let store = try AgentStore.open(directory)
        try await store.append((0..<10).map { "\($0)" })
        store.acknowledge(store.lane(), SequenceSet(cumulative: 4, ranges: [6...7]), hub: 1)
        store.acknowledge(store.lane(), SequenceSet(cumulative: 2), hub: 2)
        await store.close()
        let again = try AgentStore.open(directory)
        #expect(again.statistics().backlogEvents == 4)
        #expect(again.lanes().map(\.acknowledged) == [4])
        #expect(again.lanes(hub: 2).map(\.acknowledged) == [2])
        #expect(again.lanes(hub: 3).map(\.acknowledged) == [0])
        await again.close()
    }

    @Test func `what was given up is a gap until a hub has heard of it`() async throws {
        let store = try AgentStore.open(directory)
        try await store.append((1...9).map { "\($0)" })
        let gap = Gap(lane: store.lane(), first: 3, last: 5, reason: .rejected)
        store.giveUp(gap)
        store.giveUp(gap)
        #expect(await store.settles { $0.backlogEvents == 6 })
        let expected = ["1", "2", "3-5 rejected", "6", "7", "8", "9"]
        #expect(await store.contents(store.lane()) == expected)
        #expect(store.statistics().gaps == [.init(eventClass: .normal, reason: .rejected, events: 3)])
        await store.close()
        let again = try AgentStore.open(directory)
        #expect(await again.contents(store.lane()) == expected)
        again.acknowledge(store.lane(), SequenceSet(cumulative: 9), hub: 1)
        #expect(again.statistics().backlogEvents == 0)
        await again.close()
    }

    @Test func `the oldest event is known by its own time`() async throws {
        let store = try AgentStore.open(directory)
        #expect(store.statistics().oldestTimestamp == nil)
        try await store.append((0..<10).map { "\($0)" })
        #expect(store.statistics().oldestTimestamp == 1000)
        store.acknowledge(store.lane(), SequenceSet(cumulative: 4), hub: 1)
        #expect(await store.settles { $0.oldestTimestamp == 1004 })
        store.acknowledge(store.lane(), SequenceSet(cumulative: 10), hub: 1)
        #expect(store.statistics().oldestTimestamp == nil)
        await store.close()
    }

    @Test func `lanes of another routing wait for the lanes before them`() async throws {
        let first = try AgentStore.open(directory) { $0.routingFingerprint = "a" }
        try await first.append(["1"])
        await first.close()
        let second = try AgentStore.open(directory) { $0.routingFingerprint = "a" }
        try await second.append(["2"])
        await second.close()
        let third = try AgentStore.open(directory) { $0.routingFingerprint = "b" }
        try await third.append(["3"])
        #expect(third.lanes().map(\.held) == [false, false, true])
        third.acknowledge(first.lane(), SequenceSet(cumulative: 1), hub: 1)
        #expect(third.lanes().map(\.held) == [false, false, true])
        third.acknowledge(second.lane(), SequenceSet(cumulative: 1), hub: 1)
        #expect(third.lanes().map(\.held) == [false, false, false])
        await third.close()
    }

    @Test func `topics keep their slot`() async throws {
        let store = try AgentStore.open(directory) { $0.partitions = 4 }
        for round in 0..<5 {
            for topic in 0..<40 { try await store.append(["\(round)"], topic: "t\(topic)") }
        }
        let lanes = store.lanes()
        #expect(lanes.count == 4 && lanes.map(\.lane.partition) == lanes.map(\.lane.partition).sorted())
        for state in lanes {
            guard case .events(let block) = await store.read(state.lane, from: 1, maximumBytes: 1 << 20) else {
                continue
            }
            let topics = (0..<block.count).map { block.topic(at: $0) }
            #expect(Dictionary(grouping: topics, by: { $0 }).values.allSatisfy { $0.count == 5 })
        }
        await store.close()
    }

    @Test func `drained epochs are remembered for a while and then forgotten`() async throws {
        for _ in 0..<20 {
            let store = try AgentStore.open(directory)
            try await store.append(["x"])
            store.acknowledge(store.lane(), SequenceSet(cumulative: 1), hub: 1)
            await store.close()
        }
        let store = try AgentStore.open(directory)
        #expect(store.epoch.ordinal == 21)
        #expect(store.lanes().map(\.ordinal) == Array(6...20))
        await store.close()
    }

    @Test func `a second process is refused by name`() async throws {
        let store = try AgentStore.open(directory)
        #expect(throws: StoreError.locked(path: directory.path + "/lock")) { try AgentStore.open(directory) }
        await store.close()
        await #expect(throws: Never.self) { try await AgentStore.open(directory).close() }
    }

    @Test func `after closing, appends are refused and reads fail`() async throws {
        let store = try AgentStore.open(directory)
        try await store.append(["1"])
        await store.close()
        await #expect(throws: StoreError.unavailable("the store is closed")) { try await store.append(["2"]) }
        guard case .failed = await store.read(store.lane(), from: 1, maximumBytes: 10) else {
            Issue.record("a closed store was read")
            return
        }
        #expect(directory.names == ["ceiling", "lock", "store.db"])
    }

    @Test func `the queue is bounded`() async throws {
        let store = try AgentStore.open(directory)
        let block = EventBlock(Array(repeating: String(repeating: "x", count: 100_000), count: 10))
        let results = Mutex<[Bool]>([])
        await withCheckedContinuation { continuation in
            for number in 0..<200 {
                store.append(block) { result in
                    let count = results.withLock { results in
                        if case .success = result { results.append(true) } else { results.append(false) }
                        return results.count
                    }
                    if count == 200 { continuation.resume() }
                    _ = number
                }
            }
        }
        let accepted = results.withLock { $0.count { $0 } }
        #expect(accepted >= 4 && accepted < 200)
        #expect(store.statistics().appended == UInt64(accepted * 10))
        await store.close()
    }

    @Test func `observers hear of events and of gaps`() async throws {
        let store = try AgentStore.open(directory)
        let calls = Mutex(0)
        store.onCommit { calls.withLock { $0 += 1 } }
        try await store.append(["1", "2"])
        try await store.append(["3"])
        #expect(calls.withLock { $0 } >= 1)
        let before = calls.withLock { $0 }
        store.giveUp(Gap(lane: store.lane(), first: 1, last: 1, reason: .rejected))
        #expect(await store.settles { _ in calls.withLock { $0 } > before })
        await store.close()
    }
}
