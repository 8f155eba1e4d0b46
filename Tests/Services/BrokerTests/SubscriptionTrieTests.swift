// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import TestSupport
import Testing

@testable import Broker

@Suite struct SubscriptionTrieTests {
    private let entry = SubscriptionTrie.Entry(qualityOfService: .atLeastOnce, noLocal: false, retainAsPublished: false)

    private func matches(_ trie: SubscriptionTrie, _ topic: String) -> [UInt64] {
        var found: [UInt64] = []
        trie.match(Array(topic.utf8)[...]) { match in
            switch match {
            case .one(let subscriber, _): found.append(subscriber)
            case .shared(let group, _): found += group.members.map(\.subscriber)
            }
        }
        return found.sorted()
    }

    @Test func `it finds what the filters themselves match`() throws {
        let seed: UInt64 = 7
        var generator = SeededGenerator(seed: seed)
        let levels = ["a", "b", "", "$x", "+"]
        var filters: [String] = []
        while filters.count < 300 {
            var parts = (0...Int.random(in: 0...3, using: &generator)).map { _ in
                levels.randomElement(using: &generator) ?? "a"
            }
            if Bool.random(using: &generator) { parts.append("#") }
            let text = parts.joined(separator: "/")
            if TopicFilter(text) != nil { filters.append(text) }
        }
        var trie = SubscriptionTrie()
        for (number, filter) in filters.enumerated() { trie.insert(entry, filter: filter, subscriber: UInt64(number)) }
        #expect(trie.count == 300)
        for removed in stride(from: 0, to: 300, by: 3) {
            trie.remove(filter: filters[removed], subscriber: UInt64(removed))
        }
        for _ in 0..<2_000 {
            let topic = (0...Int.random(in: 0...4, using: &generator)).map { _ in
                levels.dropLast().randomElement(using: &generator) ?? "a"
            }.joined(separator: "/")
            let expected = filters.indices.filter { number in
                number % 3 != 0 && TopicFilter(filters[number])?.matches(Array(topic.utf8)) == true
            }
            #expect(matches(trie, topic) == expected.map(UInt64.init), "seed \(seed), topic \(topic)")
        }
        for (number, filter) in filters.enumerated() { trie.remove(filter: filter, subscriber: UInt64(number)) }
        #expect(trie.count == 0)
        #expect(matches(trie, "a/b").isEmpty)
    }

    @Test func `a shared subscription keeps its members apart from the others`() {
        var trie = SubscriptionTrie()
        trie.insert(entry, filter: "a/+", subscriber: 1)
        for subscriber in 2...4 as ClosedRange<UInt64> {
            trie.insert(entry, filter: "$share/g/a/+", subscriber: subscriber)
        }
        trie.insert(entry, filter: "$share/h/a/b", subscriber: 2)
        trie.insert(entry, filter: "$share/g/a/+", subscriber: 2)
        #expect(trie.count == 5)
        #expect(matches(trie, "a/b") == [1, 2, 2, 3, 4])
        trie.remove(filter: "$share/g/a/+", subscriber: 3)
        trie.remove(filter: "$share/g/a/+", subscriber: 3)
        trie.remove(filter: "$share/x/a/+", subscriber: 4)
        #expect(matches(trie, "a/b") == [1, 2, 2, 4] && trie.count == 4)
        trie.remove(filter: "a/+", subscriber: 2)
        for (filter, subscriber) in [("a/+", 1), ("$share/g/a/+", 2), ("$share/g/a/+", 4), ("$share/h/a/b", 2)] {
            trie.remove(filter: filter, subscriber: UInt64(subscriber))
        }
        #expect(matches(trie, "a/b").isEmpty && trie.count == 0)
    }

    @Test func `wildcards do not reach topics that start with a dollar sign`() {
        var trie = SubscriptionTrie()
        for (number, filter) in ["#", "+/b", "$SYS/#"].enumerated() {
            trie.insert(entry, filter: filter, subscriber: UInt64(number))
        }
        #expect(matches(trie, "$SYS/b") == [2])
        #expect(matches(trie, "a/b") == [0, 1])
    }
}
