// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT

/// Who subscribed to what: a tree of topic levels (MQTT 5.0 section 4.7).
///
/// Nodes lie in one array and are found by the hash of their level, so that matching a topic allocates nothing.
struct SubscriptionTrie {
    /// What one subscriber asked for with one filter.
    struct Entry: Equatable {
        var qualityOfService: QualityOfService
        var noLocal: Bool
        var retainAsPublished: Bool
        /// Subscription identifier; 0 means none.
        var identifier: UInt32 = 0
    }

    /// A subscription that each matching message goes to one member of (MQTT 5.0 section 4.8.2).
    struct SharedEntry {
        var name: String
        /// In the order in which they came.
        var members: [(subscriber: UInt64, entry: Entry)]
        /// Where the next turn begins in ``members``; counted for each by itself, so that it comes to every member.
        var turn = 0
    }

    /// What a topic was found to match.
    enum Match {
        case one(subscriber: UInt64, Entry)
        case shared(SharedEntry, node: Int)
    }

    private struct Node {
        var level: [UInt8] = []
        var parent = 0
        var children: [UInt64: [Int]] = [:]
        var single: Int?
        var rest: Int?
        var entries: [UInt64: Entry] = [:]
        var shared: [SharedEntry] = []
    }

    private var nodes = [Node()]
    private var free: [Int] = []
    private(set) var count = 0

    /// Adds or replaces what `subscriber` gets for a filter, which has been checked; `$share/NAME/` may be before it.
    mutating func insert(_ entry: Entry, filter: String, subscriber: UInt64) {
        let shared = SharedFilter(filter)
        var node = 0
        for level in Self.levels(of: Array((shared?.filter ?? filter).utf8)) {
            node = child(of: node, level: level, creating: true) ?? 0
        }
        if let shared {
            if nodes[node].shared.insert(entry, name: shared.name, subscriber: subscriber) { count += 1 }
        } else if nodes[node].entries.updateValue(entry, forKey: subscriber) == nil {
            count += 1
        }
    }

    mutating func remove(filter: String, subscriber: UInt64) {
        let shared = SharedFilter(filter)
        var node = 0
        for level in Self.levels(of: Array((shared?.filter ?? filter).utf8)) {
            guard let next = child(of: node, level: level, creating: false) else { return }
            node = next
        }
        let isRemoved =
            if let shared {
                nodes[node].shared.remove(name: shared.name, subscriber: subscriber)
            } else {
                nodes[node].entries.removeValue(forKey: subscriber) != nil
            }
        guard isRemoved else { return }
        count -= 1
        prune(node)
    }

    /// Notes whose turn is next in a shared subscription that ``match(_:_:)`` found.
    mutating func pass(_ group: SharedEntry, node: Int, turn: Int) {
        guard let index = nodes[node].shared.firstIndex(where: { $0.name == group.name }) else { return }
        nodes[node].shared[index].turn = turn % group.members.count
    }

    /// Calls `found` for each filter that matches; a subscriber with overlapping filters is found more than once.
    func match(_ topic: ArraySlice<UInt8>, _ found: (Match) -> Void) {
        // "The Server MUST NOT match Topic Filters starting with a wildcard character with Topic Names beginning with
        // a $ character" (MQTT-4.7.2-1).
        match(topic, from: topic.startIndex, node: 0, wildcards: topic.first != UInt8(ascii: "$"), found)
    }

    private func match(
        _ topic: ArraySlice<UInt8>,
        from start: Int,
        node: Int,
        wildcards: Bool,
        _ found: (Match) -> Void
    ) {
        if wildcards, let rest = nodes[node].rest { report(rest, found) }
        let end = topic[start...].firstIndex(of: UInt8(ascii: "/")) ?? topic.endIndex
        let level = topic[start..<end]
        if let next = literal(level, of: node) { advance(topic, end, next, found) }
        if wildcards, let next = nodes[node].single { advance(topic, end, next, found) }
    }

    private func advance(_ topic: ArraySlice<UInt8>, _ end: Int, _ node: Int, _ found: (Match) -> Void) {
        guard end == topic.endIndex else {
            return match(topic, from: end + 1, node: node, wildcards: true, found)
        }
        report(node, found)
        // "sport/#" matches "sport" too (MQTT 5.0 section 4.7.1.2).
        if let rest = nodes[node].rest { report(rest, found) }
    }

    private func report(_ node: Int, _ found: (Match) -> Void) {
        for (subscriber, entry) in nodes[node].entries { found(.one(subscriber: subscriber, entry)) }
        for shared in nodes[node].shared { found(.shared(shared, node: node)) }
    }

    private func literal(_ level: ArraySlice<UInt8>, of node: Int) -> Int? {
        guard !nodes[node].children.isEmpty else { return nil }
        return nodes[node].children[Self.hash(level)]?.first { nodes[$0].level.elementsEqual(level) }
    }

    private mutating func child(of node: Int, level: ArraySlice<UInt8>, creating: Bool) -> Int? {
        let existing: Int? =
            switch Array(level) {
            case [UInt8(ascii: "+")]: nodes[node].single
            case [UInt8(ascii: "#")]: nodes[node].rest
            default: literal(level, of: node)
            }
        guard existing == nil, creating else { return existing }
        return addChild(of: node, level: Array(level))
    }

    private mutating func addChild(of node: Int, level: [UInt8]) -> Int {
        let made = Node(level: level, parent: node)
        let index: Int
        if let reused = free.popLast() {
            index = reused
            nodes[index] = made
        } else {
            index = nodes.count
            nodes.append(made)
        }
        switch level {
        case [UInt8(ascii: "+")]: nodes[node].single = index
        case [UInt8(ascii: "#")]: nodes[node].rest = index
        default: nodes[node].children[Self.hash(level[...]), default: []].append(index)
        }
        return index
    }

    /// Removes a node and its parents as long as nothing hangs on them.
    private mutating func prune(_ start: Int) {
        var node = start
        while node != 0, nodes[node].entries.isEmpty, nodes[node].shared.isEmpty, nodes[node].children.isEmpty,
            nodes[node].single == nil, nodes[node].rest == nil
        {
            let parent = nodes[node].parent
            detach(node, from: parent)
            nodes[node] = Node()
            free.append(node)
            node = parent
        }
    }

    private mutating func detach(_ node: Int, from parent: Int) {
        if nodes[parent].single == node { nodes[parent].single = nil }
        if nodes[parent].rest == node { nodes[parent].rest = nil }
        let hash = Self.hash(nodes[node].level[...])
        nodes[parent].children[hash]?.removeAll { $0 == node }
        if nodes[parent].children[hash]?.isEmpty == true { nodes[parent].children[hash] = nil }
    }

    private static func levels(of filter: [UInt8]) -> [ArraySlice<UInt8>] {
        filter.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    }

    private static func hash(_ level: ArraySlice<UInt8>) -> UInt64 {
        level.withUnsafeBytes { XXHash64.hash($0) }
    }
}

extension [SubscriptionTrie.SharedEntry] {
    /// Adds or replaces a member; true when it is new.
    fileprivate mutating func insert(_ entry: SubscriptionTrie.Entry, name: String, subscriber: UInt64) -> Bool {
        guard let group = firstIndex(where: { $0.name == name }) else {
            append(.init(name: name, members: [(subscriber, entry)]))
            return true
        }
        if let member = self[group].members.firstIndex(where: { $0.subscriber == subscriber }) {
            self[group].members[member].entry = entry
            return false
        }
        self[group].members.append((subscriber, entry))
        return true
    }

    /// False when there was no such member.
    fileprivate mutating func remove(name: String, subscriber: UInt64) -> Bool {
        guard let group = firstIndex(where: { $0.name == name }),
            let member = self[group].members.firstIndex(where: { $0.subscriber == subscriber })
        else { return false }
        self[group].members.remove(at: member)
        if self[group].members.isEmpty { remove(at: group) }
        return true
    }
}
