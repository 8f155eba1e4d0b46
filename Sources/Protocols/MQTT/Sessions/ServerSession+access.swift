// SPDX-License-Identifier: Apache-2.0

extension ServerSession {
    /// What comes next may be a SUBSCRIBE with these filters, which the client may not have: its SUBACK says so.
    package mutating func deny(filters: Set<String>) {
        deniedFilters = filters
    }

    /// The answer to a message that the client may not publish, if it has one at all.
    ///
    /// MQTT 5 has a reason code for it. An MQTT 3.1.1 server "MUST either make a positive acknowledgement, according to
    /// the normal QoS rules, or close the Network Connection" (MQTT-3.3.5-2): closing would have the client send the
    /// same message again, for ever.
    package mutating func deny(_ publish: Publish) -> Packet? {
        guard publish.packetID != 0 else { return nil }
        // Of MQTT 3.1.1 with QoS 2, PUBREL is still to come.
        if version == .v311, publish.qualityOfService == .exactlyOnce {
            return .pubrec(PublishAnswer(packetID: publish.packetID))
        }
        answered(1)
        guard version == .v5 else { return .puback(PublishAnswer(packetID: publish.packetID)) }
        forget(publish.packetID)
        let text = "the access rules do not allow this topic"
        return refusal(of: publish.packetID, publish.qualityOfService, .notAuthorized, text)
    }
}
