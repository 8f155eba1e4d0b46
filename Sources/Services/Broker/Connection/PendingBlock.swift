// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT

/// Messages of one read that wait for their answer; answers leave in the order in which the messages came
/// (MQTT-4.6.0-2).
struct PendingBlock {
    /// Packet identifiers of the QoS 1 messages, in order.
    var packetIDs: [UInt16]
    var events: Int
    var bytes: Int
    /// What local subscribers get when the block is accepted; nil when there were none.
    var block: EventBlock?
    var outcome: IngestOutcome?
    /// An answer that was known at once: the message was not taken.
    var readyAnswer: Packet?

    var isAnswered: Bool { outcome != nil || readyAnswer != nil }
}
