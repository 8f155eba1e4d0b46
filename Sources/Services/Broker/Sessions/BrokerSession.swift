// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore
import Synchronization

/// One client's session: with the connection that it has, or without one (MQTT 5.0 section 4.1).
///
/// Locked by itself, and never while another session is; the core's lock may be held around it.
final class BrokerSession: Sendable {
    /// A QoS 2 message of the client that it has not let go of.
    struct Received {
        /// Of its record; 0 where the session is not kept.
        var number: UInt64
        var isStored: Bool
        /// The client sent it again before it was stored: PUBREC is owed.
        var isAsked = false
    }

    struct State {
        /// Nil while the client is away.
        var connection: ConnectionHandle?
        /// Seconds after the connection; see ``SessionExpiry``.
        var expiry: UInt32
        /// Whether its record is durable, and so a client can be told of it.
        var isStored = false
        var grants: [String: Grant] = [:]
        /// Numbers of the records of ``grants``.
        var grantNumbers: [String: UInt64] = [:]
        var received: [UInt16: Received] = [:]
        /// Of the record that says when the client came back last; nil where there is none.
        var returnNumber: UInt64?
        var backlog: SessionBacklog
        var will: KeptWill?
        /// When the session ends, and when its will is due, while the client is away.
        var end: NIODeadline?
        var willDue: NIODeadline?
    }

    let clientID: String
    /// Whose it is; empty where nobody asked who the client is.
    let user: String
    /// Also the number of its record, where it is kept.
    let number: UInt64
    /// Whether it outlives its connection, and this process.
    let isDurable: Bool
    let state: Mutex<State>

    init(
        clientID: String,
        user: String,
        number: UInt64,
        isDurable: Bool,
        expiry: UInt32,
        backlog: SessionBacklog,
        connection: ConnectionHandle?
    ) {
        self.clientID = clientID
        self.user = user
        self.number = number
        self.isDurable = isDurable
        state = Mutex(State(connection: connection, expiry: expiry, backlog: backlog))
    }

    var connection: ConnectionHandle? { state.withLock { $0.connection } }

    /// The numbers of all its records.
    var numbers: [UInt64] {
        guard isDurable else { return [] }
        return state.withLock { state in
            [number] + state.grantNumbers.values + state.received.values.map(\.number) + state.backlog.numbers
                + [state.returnNumber].compactMap(\.self)
        }
    }

    /// What a connection of the client begins with, and the QoS 2 messages for which PUBREL is to be sent.
    func resume() -> (ServerSession.Resumption, released: [UInt16]) {
        state.withLock { state in
            let known = ServerSession.Resumption(grants: state.grants, received: Set(state.received.keys))
            return (known, state.backlog.restart())
        }
    }

    /// The commits of messages to the client are over.
    func settle(_ messages: [KeptPick], isKept: Bool) {
        let connection = state.withLock { state in
            for message in messages {
                state.backlog.settle(message.packetID, number: message.number, isKept: isKept)
            }
            return state.connection
        }
        connection?.execute { $0.pump() }
    }
}
