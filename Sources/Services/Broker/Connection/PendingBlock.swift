// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT

/// What waits for a commit before it is answered; answers leave in the order in which the packets came
/// (MQTT-4.6.0-2).
struct PendingBlock {
    /// A message that gets PUBACK, or PUBREC with QoS 2.
    struct Answer {
        var packetID: UInt16
        var isExactlyOnce: Bool
    }

    /// Of messages with QoS 1 and 2, in order.
    var messages: [Answer] = []
    var events = 0
    var bytes = 0
    /// The messages, where somebody gets them.
    var block: EventBlock?
    var routing = Routing()
    /// What else is sent once the commit was made.
    var answers: [Packet] = []
    /// Messages of the client that have their last answer with that.
    var released = 0
    /// A QoS 2 message that the client lets go of, and its record.
    var letGo: (packetID: UInt16, number: UInt64)?
    /// A QoS 2 message that the client has.
    var handedOver: UInt16?
    /// Retained messages that follow.
    var retained: [RetainedMatch] = []
    var outcome: IngestOutcome?
}
