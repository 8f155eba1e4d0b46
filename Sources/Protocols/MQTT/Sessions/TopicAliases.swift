// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Topic aliases of one direction of one connection (MQTT 5.0 section 3.3.2.3.4).
struct TopicAliases: Sendable {
    /// By alias, what the client named.
    private var topics: [UInt16: ByteBuffer] = [:]
    /// By topic, what this side named.
    private var aliases: [[UInt8]: UInt16] = [:]

    /// The topic that a message of the client has: its own, which the alias stands for from here on, or the one that the
    /// alias stands for; nil when it stands for nothing.
    mutating func resolve(_ topic: ByteBuffer, alias: UInt16) -> ByteBuffer? {
        guard topic.readableBytes > 0 else { return topics[alias] }
        // Copied: a slice would keep all of what was read with it.
        topics[alias] = ByteBuffer(bytes: topic.readableBytesView)
        return topic
    }

    /// The alias for a topic that is sent, and whether the topic itself has to go with it; nil when all are in use.
    mutating func alias(of topic: RawSpan, maximum: UInt16) -> (alias: UInt16, isNew: Bool)? {
        let key = topic.withUnsafeBytes { Array($0) }
        if let known = aliases[key] { return (known, false) }
        guard aliases.count < Int(maximum) else { return nil }
        let alias = UInt16(aliases.count + 1)
        aliases[key] = alias
        return (alias, true)
    }
}
