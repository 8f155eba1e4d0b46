// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import NIOCore

/// The last message with the retain flag of each topic (MQTT 5.0 section 3.3.1.3).
struct RetainedMessages {
    struct Entry: Sendable {
        var message: KeptMessage
        /// When it is no longer sent.
        var deadline: NIODeadline?
    }

    /// The record of a topic's message.
    private struct Slot {
        var number: UInt64
        /// Commits under way that write or remove it.
        var changes = 0
    }

    /// A change that is on its way to the disk: new subscribers are told of it, as they come after it.
    private struct Arrival {
        var ticket: UInt64
        /// Nil where the topic's message is removed.
        var entry: Entry?
    }

    private var entries: [[UInt8]: Entry] = [:]
    /// Of the messages in the store, and of those that are about to be written there or removed.
    private var slots: [[UInt8]: Slot] = [:]
    /// The last change of each topic that is not settled.
    private var arrivals: [[UInt8]: Arrival] = [:]
    private var lastTicket: UInt64 = 0
    private(set) var bytes = 0
    let maximumBytes: Int

    init(maximumBytes: Int) {
        self.maximumBytes = maximumBytes
    }

    var count: Int { entries.count }
    /// Whether there is nothing, and nothing on its way.
    var isEmpty: Bool { entries.isEmpty && arrivals.isEmpty }

    /// The number under which the topic's message is about to be written; nil where there is no room for it.
    ///
    /// ``settle(_:isKept:)`` follows, as it does after ``beginRemoving(_:)``.
    mutating func beginSetting(_ message: KeptMessage, next: () -> UInt64) -> UInt64? {
        let topic = Array(message.topic)
        let freed = entries[topic]?.message.bytes.count ?? 0
        guard bytes - freed + message.bytes.count <= maximumBytes else { return nil }
        // A topic's record has one number through all changes: they take effect in the order of their commits.
        let slot = slots[topic] ?? Slot(number: next())
        slots[topic] = Slot(number: slot.number, changes: slot.changes + 1)
        return slot.number
    }

    /// The number of the topic's record, which is about to be removed; nil when there is none.
    mutating func beginRemoving(_ topic: ArraySlice<UInt8>) -> UInt64? {
        slots[Array(topic)]?.changes += 1
        return slots[Array(topic)]?.number
    }

    /// A commit that wrote or removed a topic's record is over.
    ///
    /// - Returns: the number of a record that has to go: its message expired meanwhile.
    mutating func settle(_ topic: ArraySlice<UInt8>, isKept: Bool) -> UInt64? {
        let topic = Array(topic)
        guard var slot = slots[topic] else { return nil }
        slot.changes -= 1
        let isOver = slot.changes == 0 && entries[topic] == nil
        slots[topic] = isOver ? nil : slot
        return isOver && !isKept ? slot.number : nil
    }

    /// Notes a change that is about to be committed.
    ///
    /// - Parameter message: nil where it removes what is there.
    /// - Returns: what ``arrived(_:of:)`` is told when the commit is over.
    mutating func expect(_ message: KeptMessage?, of topic: ArraySlice<UInt8>, now: NIODeadline) -> UInt64 {
        lastTicket += 1
        arrivals[Array(topic)] = Arrival(ticket: lastTicket, entry: message.map { Entry($0, now: now) })
        return lastTicket
    }

    /// The commit of a change is over; nothing happens where a later change is under way.
    mutating func arrived(_ ticket: UInt64, of topic: ArraySlice<UInt8>) {
        let key = Array(topic)
        if arrivals[key]?.ticket == ticket { arrivals[key] = nil }
    }

    mutating func restore(_ message: KeptMessage, number: UInt64, now: NIODeadline) {
        slots[Array(message.topic)] = Slot(number: number)
        set(message, now: now)
    }

    /// - Returns: when the message expires, if it does.
    @discardableResult
    mutating func set(_ message: KeptMessage, now: NIODeadline) -> NIODeadline? {
        let entry = Entry(message, now: now)
        bytes += message.bytes.count
        if let former = entries.updateValue(entry, forKey: Array(message.topic)) {
            bytes -= former.message.bytes.count
        }
        return entry.deadline
    }

    /// When the next message expires.
    var nextDeadline: NIODeadline? { entries.values.lazy.compactMap(\.deadline).min() }

    mutating func remove(_ topic: ArraySlice<UInt8>) {
        if let former = entries.removeValue(forKey: Array(topic)) { bytes -= former.message.bytes.count }
    }

    /// Whether what matches a filter is on its way to the disk in part.
    func isArriving(_ filter: TopicFilter) -> Bool {
        arrivals.contains { filter.matches($0.key) }
    }

    /// What matches a filter and has not expired, in the order in which it came.
    func matching(_ filter: TopicFilter, now: NIODeadline) -> [KeptMessage] {
        let arriving = arrivals.filter { filter.matches($0.key) }
        guard !arriving.isEmpty else { return settled(filter, now) }
        let others = settled(filter, now).filter { arriving[Array($0.topic)] == nil }
        return others + arriving.values.compactMap { $0.entry?.current(now) }.sorted { $0.timestamp < $1.timestamp }
    }

    private func settled(_ filter: TopicFilter, _ now: NIODeadline) -> [KeptMessage] {
        let isLiteral = !filter.text.utf8.contains { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "#") }
        if isLiteral { return entries[Array(filter.text.utf8)].flatMap { $0.current(now) }.map { [$0] } ?? [] }
        // What stands before the first wildcard rules most of them out.
        let start = filter.text.utf8.prefix { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "#") }
        let literal = Array(start.last == UInt8(ascii: "/") ? start.dropLast() : start)
        return entries.lazy.filter { $0.key.starts(with: literal) && filter.matches($0.key) }
            .compactMap { $0.value.current(now) }.sorted { $0.timestamp < $1.timestamp }
    }

    /// Forgets what has expired; the numbers of its records, except those that a commit is about to change.
    mutating func expire(now: NIODeadline) -> [UInt64] {
        let expired = entries.filter { $0.value.deadline.map { $0 <= now } ?? false }.map(\.key)
        return expired.compactMap { topic in
            remove(topic[...])
            guard let slot = slots[topic], slot.changes == 0 else { return nil }
            slots[topic] = nil
            return slot.number
        }
    }
}

extension RetainedMessages.Entry {
    fileprivate init(_ message: KeptMessage, now: NIODeadline) {
        self.init(message: message, deadline: message.attributes.expiry.map { now + .seconds(Int64($0)) })
    }

    /// The message unless it has expired, with what is left of its time.
    fileprivate func current(_ now: NIODeadline) -> KeptMessage? {
        guard let deadline else { return message }
        guard deadline > now else { return nil }
        return message.expiring(in: UInt32(clamping: (deadline - now).nanoseconds / 1_000_000_000 + 1))
    }
}

extension KeptMessage {
    /// The message with another expiry interval.
    func expiring(in seconds: UInt32) -> KeptMessage {
        var attributes = attributes
        attributes.expiry = min(seconds, attributes.expiry ?? seconds)
        let encoded = attributes.encoded()
        return KeptMessage(
            timestamp: timestamp,
            topicLength: topicLength,
            attributesLength: encoded.count,
            bytes: Array(topic) + encoded + Array(bytes[payloadRange])
        )
    }
}
