// SPDX-License-Identifier: Apache-2.0

package import Events

/// Says which class a topic has; remembers topics, because devices repeat them.
///
/// A direct-mapped cache: its memory is bounded by construction, and a stranger's topics can only make it useless.
package struct TopicClassifier: Sendable {
    private static let slots = 1024
    private static let longestCached = 256

    private struct Entry {
        var topic: [UInt8] = []
        var eventClass: EventClass?
    }

    private let rules: ForwardRules
    /// The class of all topics that do not start with `$`, where one rule says it for all.
    private let everything: EventClass?
    private var entries: [Entry]

    package init(_ rules: ForwardRules) {
        self.rules = rules
        everything = rules.rules.count == 1 && rules.rules[0].filter.text == "#" ? rules.rules[0].eventClass : nil
        entries = everything == nil ? Array(repeating: Entry(), count: Self.slots) : []
    }

    /// The most urgent class of all rules that match, or nil when the topic stays local.
    package mutating func eventClass(of topic: UnsafeRawBufferPointer) -> EventClass? {
        if let everything { return topic.first == UInt8(ascii: "$") ? nil : everything }
        guard topic.count <= Self.longestCached else { return rules.eventClass(of: topic) }
        let slot = Int(XXHash64.hash(topic) % UInt64(Self.slots))
        if !entries[slot].topic.isEmpty, entries[slot].topic.elementsEqual(topic) { return entries[slot].eventClass }
        let eventClass = rules.eventClass(of: topic)
        entries[slot] = Entry(topic: Array(topic), eventClass: eventClass)
        return eventClass
    }
}
