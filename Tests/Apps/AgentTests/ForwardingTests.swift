// SPDX-License-Identifier: Apache-2.0

import Agent
import Broker
import Events
import Synchronization
import TestSupport
import Testing

@Suite struct ForwardingTests {
    /// Keeps what would go to the store and answers with `outcome`.
    private final class Appended: Sendable {
        private let taken = Mutex<[EventBlock]>([])
        var blocks: [EventBlock] { taken.withLock(\.self) }

        func take(_ block: EventBlock) {
            taken.withLock { $0.append(block) }
        }
    }

    private func forwarding(
        _ rules: String,
        into appended: Appended,
        outcome: IngestOutcome = .accepted
    ) throws -> Forwarding {
        Forwarding(try #require(ForwardRules(text: rules))) { block, _, answer in
            appended.take(block)
            answer(outcome)
        }
    }

    private func block(_ topics: [String]) -> EventBlock {
        var block = EventBlock()
        for (index, topic) in topics.enumerated() {
            block.append(
                timestamp: Int64(index),
                topic: topic,
                attributes: [2],
                payload: Array("payload \(index)".utf8)
            )
        }
        return block
    }

    private func outcome(_ forwarding: Forwarding, _ block: EventBlock) -> IngestOutcome? {
        let answer = Mutex<IngestOutcome?>(nil)
        forwarding.ingest(block, []) { outcome in answer.withLock { $0 = outcome } }
        return answer.withLock(\.self)
    }

    @Test func `events get the class of their topic`() throws {
        let appended = Appended()
        let forwarding = try forwarding("a,alarms/#=alarm,logs/#=bulk", into: appended)
        #expect(outcome(forwarding, block(["a", "alarms/x", "logs/y", "a"])) == .accepted)
        let stored = try #require(appended.blocks.first)
        #expect(stored.records.map(\.eventClass) == [.normal, .alarm, .bulk, .normal])
        #expect(forwarding.counts == .init(events: 4, bytes: UInt64(stored.byteCount), local: 0))
    }

    @Test func `events that match nothing stay local and the rest is byte for byte the same`() throws {
        let appended = Appended()
        let forwarding = try forwarding("keep/#=bulk", into: appended)
        #expect(outcome(forwarding, block(["local/a", "keep/b", "local/c", "keep/d", "local/e"])) == .accepted)
        let stored = try #require(appended.blocks.first)
        #expect((0..<stored.count).map { stored.topic(at: $0) } == ["keep/b", "keep/d"])
        #expect(
            (0..<stored.count).map { String(decoding: stored.payload(at: $0), as: UTF8.self) } == [
                "payload 1", "payload 3",
            ]
        )
        #expect(stored.records.map(\.timestamp) == [1, 3])
        #expect(stored.records.map(\.eventClass) == [.bulk, .bulk])
        #expect((0..<2).map { Array(stored.attributes(at: $0)) } == [[2], [2]])
        #expect(forwarding.counts.local == 3)
    }

    @Test func `a block of local events is accepted without the store`() throws {
        let appended = Appended()
        let forwarding = try forwarding("keep/#", into: appended, outcome: .refused(reason: "full"))
        #expect(outcome(forwarding, block(["local/a", "local/b"])) == .accepted)
        #expect(appended.blocks.isEmpty)
    }

    @Test func `what the store refuses is refused`() throws {
        let forwarding = try forwarding("#", into: Appended(), outcome: .refused(reason: "full"))
        #expect(outcome(forwarding, block(["a"])) == .refused(reason: "full"))
    }

    @Test func `topics that start with a dollar are nobody's business`() throws {
        let appended = Appended()
        _ = outcome(try forwarding("#", into: appended), block(["$SYS/x", "a"]))
        #expect(appended.blocks.first?.count == 1)
    }

    @Test(arguments: [UInt64(1), 2, 3])
    func `the cache says what the rules say`(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let rules = try #require(ForwardRules(text: "a/+/c=alarm, a/#, +/b=bulk, long/#"))
        var classifier = TopicClassifier(rules)
        for _ in 0..<20_000 {
            let depth = Int.random(in: 1...3, using: &random)
            var topic = (0..<depth).map { _ in String(Int.random(in: 0..<20, using: &random), radix: 20) }
                .joined(separator: "/")
            if Int.random(in: 0..<50, using: &random) == 0 { topic = "long/" + String(repeating: "x", count: 300) }
            let bytes = Array(topic.utf8)
            let cached = bytes.withUnsafeBytes { classifier.eventClass(of: $0) }
            #expect(cached == rules.eventClass(of: bytes), "seed \(seed), topic \(topic)")
        }
    }
}
