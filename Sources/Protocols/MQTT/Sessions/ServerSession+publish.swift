// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension ServerSession {
    /// Messages from the client.
    mutating func take(_ publish: Publish) -> Action {
        if publish.qualityOfService == .exactlyOnce {
            return .close(end(.qosNotSupported, "QoS 2 is not offered"))
        }
        if !publish.properties.isEmpty {
            if publish.properties.integer(.topicAlias) != nil {
                return .close(end(.topicAliasInvalid, "topic aliases are not offered"))
            }
            if publish.properties.integer(.subscriptionIdentifier) != nil {
                return .close(end(.protocolError, "a client must not send a subscription identifier"))
            }
        }
        if publish.retain, version == .v5 {
            return .close(end(.retainNotSupported, "retained messages are not offered"))
        }
        guard limits.allowsPublish else { return decline(publish, .notAuthorized, "this server takes no messages") }
        let bytes = publish.topic.readableBytes + publish.properties.encodedLength + publish.payload.readableBytes
        guard bytes <= limits.maximumEventBytes else {
            let text = "event of \(bytes) bytes is larger than the \(limits.maximumEventBytes) allowed"
            return decline(publish, version == .v5 ? .quotaExceeded : .packetTooLarge, text)
        }
        if publish.qualityOfService == .atLeastOnce {
            unanswered += 1
            if version == .v5, unanswered > Int(limits.receiveMaximum) {
                return .close(end(.receiveMaximumExceeded, "more than \(limits.receiveMaximum) unanswered messages"))
            }
        }
        return .take(publish)
    }

    /// Refuses one message: MQTT 5 can say so for QoS 1, everything else can only close.
    package mutating func decline(_ publish: Publish, _ reason: ReasonCode, _ text: String) -> Action {
        guard let answer = refusal(of: publish.packetID, reason, text) else { return .close(end(reason, text)) }
        return .decline(reason: reason, answer: answer)
    }

    /// The PUBACK that refuses a message, or nil where there is none: then the connection has to end.
    package func refusal(of packetID: UInt16, _ reason: ReasonCode, _ text: String) -> Packet? {
        guard version == .v5, packetID != 0 else { return nil }
        let properties = wantsProblemInformation ? properties(explaining: text) : Properties()
        return .puback(PublishAnswer(packetID: packetID, reason: reason, properties: properties))
    }

    /// So many QoS 1 messages of the client have their PUBACK now.
    package mutating func answered(_ count: Int) {
        unanswered -= count
    }

    /// Whether one more QoS 1 message may go to the client.
    package var hasDeliveryRoom: Bool {
        deliveries.count < min(clientReceiveMaximum, limits.deliveryWindow)
    }

    /// A packet identifier for a message to the client; nil while ``hasDeliveryRoom`` is false.
    package mutating func takeDeliveryID() -> UInt16? {
        hasDeliveryRoom ? deliveries.take() : nil
    }
}
