// SPDX-License-Identifier: Apache-2.0

extension ServerSession {
    /// Whether one more QoS 1 or 2 message may go to the client.
    package var hasDeliveryRoom: Bool {
        deliveries.count < min(clientReceiveMaximum, limits.deliveryWindow)
    }

    /// A packet identifier for a message to the client; nil while ``hasDeliveryRoom`` is false.
    package mutating func takeDeliveryID(_ qualityOfService: QualityOfService) -> UInt16? {
        hasDeliveryRoom ? deliveries.take(qualityOfService) : nil
    }

    /// Sends a message under the identifier that its session keeps for it; only while ``hasDeliveryRoom``.
    package mutating func startDelivery(_ packetID: UInt16, _ qualityOfService: QualityOfService) {
        deliveries.start(packetID, qualityOfService)
    }

    /// A message that was about to be sent was not.
    package mutating func abandonDelivery(_ packetID: UInt16) {
        deliveries.abandon(packetID)
    }

    /// Goes on with a QoS 2 message that the client has from an earlier connection; PUBREL is to be sent.
    package mutating func resumeReceived(_ packetID: UInt16) {
        deliveries.resumeReceived(packetID)
    }

    /// Whether topics may go under an alias.
    package var usesAliases: Bool { clientTopicAliases > 0 }

    /// The alias under which a topic goes to the client, and whether the topic goes with it.
    package mutating func alias(of topic: RawSpan) -> (alias: UInt16, isNew: Bool)? {
        guard usesAliases else { return nil }
        return outboundAliases.alias(of: topic, maximum: clientTopicAliases)
    }

    /// PUBACK, PUBREC or PUBCOMP.
    mutating func deliveryAnswered(_ packet: Packet, _ answer: PublishAnswer) -> Action {
        let meaning: OutboundDeliveries.Answer
        var needsRelease = false
        switch packet {
        case .puback: meaning = deliveries.acknowledge(answer.packetID)
        case .pubrec:
            meaning = deliveries.receive(answer.packetID, isFailure: answer.reason.isFailure)
            // A failure lets go of the identifier already (MQTT 5.0 section 4.3.3): there is nothing to release.
            needsRelease = !answer.reason.isFailure
        default: meaning = deliveries.complete(answer.packetID)
        }
        switch meaning {
        case .done: return .delivered(packetID: answer.packetID)
        case .received: return .deliveryReceived(packetID: answer.packetID)
        case .unknown: return needsRelease ? .send(release(ofUnknown: answer.packetID)) : .none
        case .outOfOrder:
            return .close(end(.protocolError, "\(packet.name) is no answer to message \(answer.packetID)"))
        }
    }

    /// Ends the exchange for a client that thinks of a message which is not on its way.
    private func release(ofUnknown packetID: UInt16) -> Packet {
        .pubrel(PublishAnswer(packetID: packetID, reason: version == .v5 ? .packetIdentifierNotFound : .success))
    }
}
