// SPDX-License-Identifier: Apache-2.0

/// The client's side of one MQTT connection, either version.
///
/// Pure: takes packets, returns what to do. The client that owns it writes, waits and closes.
package struct ClientSession: Sendable {
    package enum Action: Sendable, Equatable {
        case connected(Connack)
        case refused(Connack)
        /// A message for the application, and the PUBACK to send for QoS 1.
        case message(Publish, answer: Packet?)
        case acknowledged(packetID: UInt16, reason: ReasonCode, text: String?)
        /// The answer to SUBSCRIBE or UNSUBSCRIBE; empty for UNSUBACK of MQTT 3.1.1.
        case answered(packetID: UInt16, reasons: [ReasonCode])
        /// The server said goodbye.
        case closed(reason: ReasonCode, text: String?)
        case fault(MQTTFault)
        case none
    }

    private enum Phase: Sendable {
        case connecting
        case connected
        case ended
    }

    package let version: MQTTVersion
    /// QoS 1 messages that may be unanswered; the server may have lowered it.
    package private(set) var window: Int
    /// Longest packet that the server takes.
    package private(set) var maximumPacketBytes = 268_435_460
    private var phase = Phase.connecting
    private var ids = PacketIDs()
    /// Those of ``ids`` that are not of messages: a PUBACK for one, or a SUBACK for a message, answers nothing.
    private var requests: Set<UInt16> = []
    private var inFlight = 0

    package init(version: MQTTVersion, window: Int) {
        self.version = version
        self.window = max(1, window)
    }

    /// Whether a QoS 1 message may be sent now.
    package var hasRoom: Bool { phase == .connected && inFlight < window }
    package var unacknowledged: Int { inFlight }

    /// A packet identifier for a QoS 1 message; nil while the window is full.
    package mutating func takePublishID() -> UInt16? {
        guard hasRoom, let id = ids.take() else { return nil }
        inFlight += 1
        return id
    }

    /// A packet identifier for SUBSCRIBE or UNSUBSCRIBE.
    package mutating func takeRequestID() -> UInt16? {
        guard phase == .connected, let id = ids.take() else { return nil }
        requests.insert(id)
        return id
    }

    /// What to do about a packet of the server.
    package mutating func receive(_ packet: Packet) -> Action {
        switch phase {
        case .connecting: return receiveConnecting(packet)
        case .connected: return receiveConnected(packet)
        case .ended: return .none
        }
    }

    private mutating func receiveConnecting(_ packet: Packet) -> Action {
        guard case .connack(let connack) = packet else {
            return fault("\(packet.name) before CONNACK")
        }
        guard !connack.reason.isFailure else {
            phase = .ended
            return .refused(connack)
        }
        phase = .connected
        if let maximum = connack.properties.integer(.receiveMaximum) { window = min(window, Int(maximum)) }
        if let maximum = connack.properties.integer(.maximumPacketSize) { maximumPacketBytes = Int(maximum) }
        return .connected(connack)
    }

    private mutating func receiveConnected(_ packet: Packet) -> Action {
        switch packet {
        case .publish(let publish): return receive(publish)
        case .puback(let answer):
            guard !requests.contains(answer.packetID), ids.release(answer.packetID) else { return .none }
            inFlight -= 1
            return .acknowledged(
                packetID: answer.packetID,
                reason: answer.reason,
                text: answer.properties.text(.reasonString)
            )
        case .suback(let answer): return answered(answer.packetID, answer.reasons)
        case .unsuback(let answer): return answered(answer.packetID, answer.reasons)
        case .pingresp: return .none
        case .disconnect(let disconnect):
            phase = .ended
            return .closed(reason: disconnect.reason, text: disconnect.properties.text(.reasonString))
        case .connect, .connack, .subscribe, .unsubscribe, .pingreq, .pubrec, .pubrel, .pubcomp, .auth:
            return fault("\(packet.name) is not for this side to get")
        }
    }

    private mutating func receive(_ publish: Publish) -> Action {
        switch publish.qualityOfService {
        case .atMostOnce: return .message(publish, answer: nil)
        case .atLeastOnce: return .message(publish, answer: .puback(PublishAnswer(packetID: publish.packetID)))
        case .exactlyOnce: return fault("a message with QoS 2, which was not asked for")
        }
    }

    private mutating func answered(_ packetID: UInt16, _ reasons: [ReasonCode]) -> Action {
        guard requests.remove(packetID) != nil, ids.release(packetID) else { return .none }
        return .answered(packetID: packetID, reasons: reasons)
    }

    private mutating func fault(_ text: String) -> Action {
        phase = .ended
        return .fault(.protocolError(text))
    }
}
