// SPDX-License-Identifier: Apache-2.0

import Events

/// Where the messages of a block go once they are durable.
struct Routing: Sendable {
    /// Subscribers that get messages without QoS: nothing is promised for those, so they do not wait for the disk.
    var atOnce: [(connection: ConnectionHandle, picks: [Pick])] = []
    /// Subscribers that get them from memory.
    var direct: [(connection: ConnectionHandle, picks: [Pick])] = []
    /// Sessions that keep them.
    var kept: [(session: BrokerSession, messages: [KeptPick])] = []
    /// Retained messages, by index in the block.
    var retained: [RetainedChange] = []
    /// Messages for which a session had no room.
    var dropped = 0
    /// What is to become durable with the block.
    var changes: [StateChange] = []

    /// What a message with the retain flag does to its topic.
    struct RetainedChange: Sendable {
        var index: Int
        var isSet: Bool
        /// Whether a record is written or removed.
        var hasRecord = true
        /// Of ``RetainedMessages/expect(_:of:now:)``.
        var ticket: UInt64
    }

    var isEmpty: Bool { direct.isEmpty && kept.isEmpty && retained.isEmpty && dropped == 0 }
}
