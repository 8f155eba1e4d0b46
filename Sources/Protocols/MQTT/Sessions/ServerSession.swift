// SPDX-License-Identifier: Apache-2.0

/// The server's side of one MQTT connection, either version.
///
/// Pure: takes packets, returns what to do. The connection that owns it writes, closes and asks the rest of the broker.
package struct ServerSession: Sendable {
    /// What this server allows, and announces in CONNACK.
    package struct Limits: Sendable {
        /// Longest packet taken, fixed header included.
        package var maximumPacketBytes = 260 << 10
        /// Largest topic, properties and payload together.
        package var maximumEventBytes = 256 << 10
        /// QoS 1 and 2 messages that a client may have unanswered.
        package var receiveMaximum: UInt16 = 4_096
        /// QoS 1 and 2 messages that a client gets before it answered.
        package var deliveryWindow = 1_000
        package var maximumSubscriptions = 1_000
        /// Topic aliases of each direction.
        package var maximumTopicAliases: UInt16 = 64
        /// Seconds that a session is kept at most after its connection; what asks for more gets this.
        package var maximumSessionExpiry = SessionExpiry.never
        /// Seconds; an MQTT 5 client that asks for more, or for none, gets this, unless it is 0.
        package var maximumKeepAlive: UInt16 = 0
        /// False where clients may only subscribe.
        package var allowsPublish = true

        package init() {}
    }

    /// How a connection ends from this side.
    package struct Ending: Sendable, Equatable {
        package var reason: ReasonCode
        /// For the log.
        package var text: String
        /// To be sent before the connection closes; MQTT 3.1.1 has no such packet after CONNACK.
        package var answer: Packet?
    }

    package enum Action: Sendable, Equatable {
        /// The client may come in: answer with ``accept(clientID:resuming:)`` or ``end(_:_:)``.
        indirect case open(Connect)
        /// Take the message; when it has a packet identifier, answer it and say so with ``answered(_:)``.
        case take(Publish)
        /// A QoS 2 message that was taken before: its PUBREC again, once it is durable.
        case repeated(packetID: UInt16)
        /// The client lets go of a QoS 2 message: PUBCOMP once that is durable, and say so with ``answered(_:)``.
        case release(packetID: UInt16)
        /// The message is not taken; the connection goes on.
        case decline(reason: ReasonCode, answer: Packet)
        case subscribe([Subscription], packetID: UInt16, reasons: [ReasonCode])
        case unsubscribe([String], answer: Packet)
        case send(Packet)
        /// The client is done with a message, for better or worse: there is room for another.
        case delivered(packetID: UInt16)
        /// The client has a QoS 2 message: PUBREL once that is durable.
        case deliveryReceived(packetID: UInt16)
        /// The client said goodbye.
        case leave(publishesWill: Bool)
        case close(Ending)
        case none
    }

    /// What a client subscribed to, and what it gets at once.
    package struct Subscription: Sendable, Equatable {
        package var grant: Grant
        /// Whether the retained messages that match are to be sent (MQTT 5.0 section 3.8.3.1).
        package var wantsRetained: Bool
    }

    enum Phase: Sendable {
        case awaitingConnect
        case opening
        case connected
        case ended
    }

    let limits: Limits
    var phase = Phase.awaitingConnect
    /// Of the client; until its CONNECT, what an answer would be written in.
    package internal(set) var version = MQTTVersion.v311
    package internal(set) var clientID = ""
    package internal(set) var will: Will?
    package internal(set) var grants: [String: Grant] = [:]
    /// Seconds; 0 means none.
    package internal(set) var keepAlive: UInt16 = 0
    /// Seconds that the session is kept after the connection; see ``SessionExpiry``.
    package internal(set) var sessionExpiry: UInt32 = 0
    /// QoS 1 and 2 messages of the client that wait for their last answer.
    var unanswered = 0
    /// QoS 2 messages of the client that it has not let go of.
    var received: Set<UInt16> = []
    package internal(set) var deliveries = OutboundDeliveries()
    /// QoS 1 and 2 messages that the client takes at a time.
    var clientReceiveMaximum = Int.max
    /// Longest packet that the client takes.
    package internal(set) var clientMaximumPacketBytes = Int.max
    /// Topic aliases that the client takes.
    var clientTopicAliases: UInt16 = 0
    var inboundAliases = TopicAliases()
    var outboundAliases = TopicAliases()
    var wantsProblemInformation = true
    /// Filters of the SUBSCRIBE at hand that the client may not have: ServerSession+access.swift.
    var deniedFilters: Set<String> = []

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    package var isConnected: Bool { phase == .connected }
    package var isAwaitingConnect: Bool { phase == .awaitingConnect }

    /// What to do about a packet of the client.
    package mutating func receive(_ packet: Packet) -> Action {
        switch phase {
        case .awaitingConnect:
            guard case .connect(let connect) = packet else {
                return .close(end(.protocolError, "\(packet.name) before CONNECT"))
            }
            return open(connect)
        case .opening: return .close(end(.protocolError, "\(packet.name) before CONNACK"))
        case .connected: return receiveConnected(packet)
        case .ended: return .none
        }
    }

    private mutating func receiveConnected(_ packet: Packet) -> Action {
        switch packet {
        case .publish(let publish): return take(publish)
        case .pubrel(let answer): return release(answer.packetID)
        case .puback(let answer), .pubrec(let answer), .pubcomp(let answer): return deliveryAnswered(packet, answer)
        case .subscribe(let request): return subscribe(request)
        case .unsubscribe(let request): return unsubscribe(request)
        case .pingreq: return .send(.pingresp)
        case .disconnect(let disconnect): return leave(disconnect)
        case .connect: return .close(end(.protocolError, "a second CONNECT"))
        case .connack, .suback, .unsuback, .pingresp, .auth:
            return .close(end(.protocolError, "\(packet.name) is not for this side to get"))
        }
    }

    private mutating func leave(_ disconnect: Disconnect) -> Action {
        if let expiry = disconnect.properties.integer(.sessionExpiry) {
            // MQTT-3.14.2-2
            if sessionExpiry == 0, expiry > 0 {
                return .close(end(.protocolError, "DISCONNECT would keep a session that CONNECT did not"))
            }
            sessionExpiry = min(expiry, limits.maximumSessionExpiry)
        }
        phase = .ended
        return .leave(publishesWill: disconnect.reason != .success)
    }

    /// What ends the connection over bytes that cannot be accepted.
    package mutating func fail(_ fault: MQTTFault) -> Ending {
        if case .unsupportedVersion(_, let level) = fault, phase == .awaitingConnect {
            // A later protocol gets the latest answer there is, an earlier one the oldest.
            version = level > MQTTVersion.v5.rawValue ? .v5 : .v311
            phase = .opening
        }
        return end(fault.reason, fault.text)
    }

    /// Ends the connection from this side.
    package mutating func end(_ reason: ReasonCode, _ text: String) -> Ending {
        defer { phase = .ended }
        switch phase {
        case .opening:
            let properties = version == .v5 ? self.properties(explaining: text) : Properties()
            // Return code 4 is for a name or password that is malformed (MQTT 3.1.1 section 3.2.2.3).
            let isWrong = version != .v5 && reason == .badUserNameOrPassword
            let connack = Connack(reason: isWrong ? .notAuthorized : reason, properties: properties)
            return Ending(reason: reason, text: text, answer: .connack(connack))
        case .connected where version == .v5:
            let disconnect = Disconnect(reason: reason, properties: properties(explaining: text))
            return Ending(reason: reason, text: text, answer: .disconnect(disconnect))
        case .connected, .awaitingConnect, .ended:
            return Ending(reason: reason, text: text, answer: nil)
        }
    }

    /// A reason string, unless the client's packet limit is too small to be sure that it fits.
    func properties(explaining text: String) -> Properties {
        guard clientMaximumPacketBytes >= 512 else { return Properties() }
        return Properties([Property(.reasonString, .text(String(text.unicodeScalars.prefix(100))))])
    }
}
