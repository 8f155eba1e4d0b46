// SPDX-License-Identifier: Apache-2.0

extension ServerSession {
    mutating func open(_ connect: Connect) -> Action {
        phase = .opening
        version = connect.version
        keepAlive = connect.keepAlive
        clientID = connect.clientID
        if let maximum = connect.properties.integer(.maximumPacketSize) { clientMaximumPacketBytes = Int(maximum) }
        if let maximum = connect.properties.integer(.receiveMaximum) { clientReceiveMaximum = Int(maximum) }
        wantsProblemInformation = connect.properties.integer(.requestProblemInformation) != 0
        if let (reason, text) = objection(to: connect) { return .close(end(reason, text)) }
        will = connect.will
        return .open(connect)
    }

    private func objection(to connect: Connect) -> (ReasonCode, String)? {
        if connect.clientID.isEmpty, version == .v311, !connect.cleanStart {
            return (.clientIdentifierNotValid, "an empty client identifier needs a clean session")
        }
        if connect.properties.text(.authenticationMethod) != nil {
            return (.badAuthenticationMethod, "extended authentication is not offered")
        }
        guard let will = connect.will else { return nil }
        if will.qualityOfService == .exactlyOnce { return (.qosNotSupported, "a will with QoS 2") }
        if will.retain, version == .v5 { return (.retainNotSupported, "a retained will") }
        if !limits.allowsPublish { return (.notAuthorized, "this server takes no messages, so no will") }
        if will.topic.utf8.count + will.payload.count > limits.maximumEventBytes {
            return (.packetTooLarge, "the will is larger than \(limits.maximumEventBytes) bytes")
        }
        return nil
    }

    /// Lets the client in and makes the CONNACK.
    ///
    /// - Parameter clientID: what the client is called from now on; announced when it named itself nothing.
    package mutating func accept(clientID: String) -> Packet {
        phase = .connected
        let assigned = self.clientID.isEmpty
        self.clientID = clientID
        guard version == .v5 else { return .connack(Connack(reason: .success)) }
        var properties = Properties()
        properties.append(.sessionExpiry, 0)
        properties.append(.receiveMaximum, UInt32(limits.receiveMaximum))
        properties.append(.maximumQoS, 1)
        properties.append(.retainAvailable, 0)
        properties.append(.maximumPacketSize, UInt32(clamping: limits.maximumPacketBytes))
        if assigned { properties.append(.assignedClientIdentifier, clientID) }
        properties.append(.topicAliasMaximum, 0)
        properties.append(.wildcardSubscriptionAvailable, 1)
        properties.append(.subscriptionIdentifiersAvailable, 0)
        properties.append(.sharedSubscriptionAvailable, 0)
        return .connack(Connack(reason: .success, properties: properties))
    }
}
