// SPDX-License-Identifier: Apache-2.0

/// One record of what the broker keeps: sessions (MQTT 5.0 section 4.1) and retained messages (section 3.3.1.3).
///
/// The number of a record is its age: messages of a session are sent in the order of theirs.
/// ```
/// | kind (1) | body                                                                                     |
/// | 1        | session: expiry (4) | name length (2) | name | user length (2) | user | [ delay (4) | will: message ] |
/// | 2        | subscription: session (8) | options (1) | identifier (4) | filter                          |
/// | 3        | taken with QoS 2, and not let go of by the client: session (8) | packet identifier (2)      |
/// | 4        | on its way: session (8) | packet identifier (2) | options (1) | count (1) | identifiers (4 each) | message |
/// | 5        | the client has it, PUBCOMP is to come: session (8) | packet identifier (2)                   |
/// | 6        | retained: message                                                                        |
/// | 7        | the client came back: what has a lower number may have been sent: session (8)            |
///   options: 1-0 QoS, 2 no local (kind 2) or retain (kind 4), 3 retain as published (kind 2) or came while the client
///   was away (kind 4)
///   message: timestamp (8) | topic length (2) | attributes length (4) | topic | attributes | payload
/// ```
/// Integers are big-endian; `session` is the number of the session's record.
package enum BrokerRecord: Sendable, Equatable {
    /// The user is empty where nobody asked who the client is.
    case session(clientID: String, user: String, expiry: UInt32, will: KeptWill?)
    case subscription(session: UInt64, Grant)
    case received(session: UInt64, packetID: UInt16)
    case message(session: UInt64, QueuedMessage)
    case released(session: UInt64, packetID: UInt16)
    case retained(KeptMessage)
    case returned(session: UInt64)

    /// The record whose session has to be there, too.
    package var session: UInt64? {
        switch self {
        case .session, .retained: nil
        case .subscription(let session, _), .received(let session, _), .message(let session, _),
            .released(let session, _), .returned(let session):
            session
        }
    }
}
