// SPDX-License-Identifier: Apache-2.0

extension ServerSession {
    /// What a client's session was when it was last there.
    package struct Resumption: Sendable {
        package var grants: [String: Grant]
        /// QoS 2 messages of the client that it has not let go of.
        package var received: Set<UInt16>

        package init(grants: [String: Grant], received: Set<UInt16>) {
            self.grants = grants
            self.received = received
        }
    }

    mutating func open(_ connect: Connect) -> Action {
        phase = .opening
        version = connect.version
        keepAlive = connect.keepAlive
        clientID = connect.clientID
        sessionExpiry = expiry(asked: connect)
        if let maximum = connect.properties.integer(.maximumPacketSize) { clientMaximumPacketBytes = Int(maximum) }
        if let maximum = connect.properties.integer(.receiveMaximum) { clientReceiveMaximum = Int(maximum) }
        if let maximum = connect.properties.integer(.topicAliasMaximum) {
            clientTopicAliases = min(UInt16(clamping: maximum), limits.maximumTopicAliases)
        }
        wantsProblemInformation = connect.properties.integer(.requestProblemInformation) != 0
        if let (reason, text) = objection(to: connect) { return .close(end(reason, text)) }
        will = connect.will
        return .open(connect)
    }

    private func expiry(asked connect: Connect) -> UInt32 {
        switch connect.version {
        case .v5: min(connect.properties.integer(.sessionExpiry) ?? 0, limits.maximumSessionExpiry)
        case .v311: connect.cleanStart ? 0 : limits.maximumSessionExpiry
        }
    }

    private func objection(to connect: Connect) -> (ReasonCode, String)? {
        if connect.clientID.isEmpty, version == .v311, !connect.cleanStart {
            return (.clientIdentifierNotValid, "an empty client identifier needs a clean session")
        }
        if connect.properties.text(.authenticationMethod) != nil {
            return (.badAuthenticationMethod, "extended authentication is not offered")
        }
        if connect.properties.data(.authenticationData) != nil {
            return (.protocolError, "authentication data without a method")
        }
        guard let will = connect.will else { return nil }
        if !limits.allowsPublish { return (.notAuthorized, "this server takes no messages, so no will") }
        if will.topic.utf8.count + will.payload.count > limits.maximumEventBytes {
            return (.packetTooLarge, "the will is larger than \(limits.maximumEventBytes) bytes")
        }
        return nil
    }

    /// The session cannot be kept: it ends with the connection.
    package mutating func discard() {
        sessionExpiry = 0
    }

    /// Lets the client in and makes the CONNACK.
    ///
    /// - Parameters:
    ///   - clientID: what the client is called from now on; announced when it named itself nothing.
    ///   - resuming: its session, where there is one already.
    package mutating func accept(clientID: String, resuming: Resumption? = nil) -> Packet {
        phase = .connected
        let assigned = self.clientID.isEmpty
        self.clientID = clientID
        if let resuming {
            grants = resuming.grants
            received = resuming.received
        }
        guard version == .v5 else {
            return .connack(Connack(reason: .success, sessionPresent: resuming != nil))
        }
        var properties = Properties()
        if sessionExpiry == limits.maximumSessionExpiry, sessionExpiry != SessionExpiry.never {
            properties.append(.sessionExpiry, sessionExpiry)
        }
        properties.append(.receiveMaximum, UInt32(limits.receiveMaximum))
        properties.append(.maximumPacketSize, UInt32(clamping: limits.maximumPacketBytes))
        if assigned { properties.append(.assignedClientIdentifier, clientID) }
        properties.append(.topicAliasMaximum, UInt32(limits.maximumTopicAliases))
        if limits.maximumKeepAlive > 0, keepAlive == 0 || keepAlive > limits.maximumKeepAlive {
            keepAlive = limits.maximumKeepAlive
            properties.append(.serverKeepAlive, UInt32(keepAlive))
        }
        return .connack(Connack(reason: .success, sessionPresent: resuming != nil, properties: properties))
    }
}
