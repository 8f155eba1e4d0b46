// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension ServerSession {
    /// Messages from the client.
    mutating func take(_ publish: Publish) -> Action {
        var publish = publish
        if !publish.properties.isEmpty, let ending = resolve(&publish) { return .close(ending) }
        if publish.qualityOfService == .exactlyOnce, received.contains(publish.packetID) {
            return .repeated(packetID: publish.packetID)
        }
        guard limits.allowsPublish else { return decline(publish, .notAuthorized, "this server takes no messages") }
        let bytes = publish.topic.readableBytes + publish.properties.encodedLength + publish.payload.readableBytes
        guard bytes <= limits.maximumEventBytes else {
            let text = "event of \(bytes) bytes is larger than the \(limits.maximumEventBytes) allowed"
            return decline(publish, version == .v5 ? .quotaExceeded : .packetTooLarge, text)
        }
        if publish.qualityOfService != .atMostOnce {
            unanswered += 1
            if version == .v5, unanswered > Int(limits.receiveMaximum) {
                return .close(end(.receiveMaximumExceeded, "more than \(limits.receiveMaximum) unanswered messages"))
            }
            if publish.qualityOfService == .exactlyOnce { received.insert(publish.packetID) }
        }
        return .take(publish)
    }

    /// Puts the topic in the place of its alias; the ending where that is not possible.
    private mutating func resolve(_ publish: inout Publish) -> Ending? {
        if publish.properties.integer(.subscriptionIdentifier) != nil {
            return end(.protocolError, "a client must not send a subscription identifier")
        }
        guard let number = publish.properties.integer(.topicAlias) else { return nil }
        let alias = UInt16(truncatingIfNeeded: number)
        guard alias > 0, alias <= limits.maximumTopicAliases else {
            return end(.topicAliasInvalid, "topic alias \(alias) is above \(limits.maximumTopicAliases)")
        }
        guard let topic = inboundAliases.resolve(publish.topic, alias: alias) else {
            return end(.protocolError, "topic alias \(alias) stands for nothing")
        }
        publish.topic = topic
        publish.properties.items.removeAll { $0.identifier == .topicAlias }
        return nil
    }

    /// PUBREL: the client will not send the message again.
    mutating func release(_ packetID: UInt16) -> Action {
        guard received.remove(packetID) != nil else {
            return .send(
                .pubcomp(
                    PublishAnswer(packetID: packetID, reason: version == .v5 ? .packetIdentifierNotFound : .success)
                )
            )
        }
        return .release(packetID: packetID)
    }

    /// Refuses one message: MQTT 5 can say so for QoS 1 and 2, everything else can only close.
    package mutating func decline(_ publish: Publish, _ reason: ReasonCode, _ text: String) -> Action {
        guard let answer = refusal(of: publish.packetID, publish.qualityOfService, reason, text) else {
            return .close(end(reason, text))
        }
        return .decline(reason: reason, answer: answer)
    }

    /// The PUBACK or PUBREC that refuses a message, or nil where there is none: then the connection has to end.
    package func refusal(
        of packetID: UInt16,
        _ qualityOfService: QualityOfService,
        _ reason: ReasonCode,
        _ text: String
    ) -> Packet? {
        guard version == .v5, packetID != 0 else { return nil }
        let properties = wantsProblemInformation ? properties(explaining: text) : Properties()
        let answer = PublishAnswer(packetID: packetID, reason: reason, properties: properties)
        return qualityOfService == .exactlyOnce ? .pubrec(answer) : .puback(answer)
    }

    /// A QoS 2 message that was to be taken was not: its identifier is free again (MQTT 5.0 section 4.3.3).
    package mutating func forget(_ packetID: UInt16) {
        received.remove(packetID)
    }

    /// So many messages of the client have their last answer now: PUBACK, PUBCOMP, or a PUBREC that refuses.
    package mutating func answered(_ count: Int) {
        // Those that an earlier connection brought were not counted here.
        unanswered = max(0, unanswered - count)
    }
}
