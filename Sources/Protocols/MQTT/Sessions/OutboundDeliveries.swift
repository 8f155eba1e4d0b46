// SPDX-License-Identifier: Apache-2.0

/// Messages with QoS 1 and 2 on their way to the other end of one connection (MQTT 5.0 section 4.3).
package struct OutboundDeliveries: Sendable {
    private enum Phase: Sendable {
        /// PUBLISH with QoS 1 was sent: PUBACK is to come.
        case published
        /// PUBLISH with QoS 2 was sent: PUBREC is to come.
        case publishedOnce
        /// PUBREC came; PUBREL is sent, or about to be: PUBCOMP is to come.
        case received
    }

    private var phases: [UInt16: Phase] = [:]
    private var last: UInt16 = 0

    package init() {}

    package var count: Int { phases.count }

    /// The next free packet identifier; nil when all 65,535 are in use.
    package mutating func take(_ qualityOfService: QualityOfService) -> UInt16? {
        guard phases.count < 65_535 else { return nil }
        repeat { last = last == 65_535 ? 1 : last + 1 } while phases[last] != nil
        start(last, qualityOfService)
        return last
    }

    /// Sends a message under an identifier that the session keeps for it.
    package mutating func start(_ packetID: UInt16, _ qualityOfService: QualityOfService) {
        phases[packetID] = qualityOfService == .exactlyOnce ? .publishedOnce : .published
    }

    /// Goes on with a message of an earlier connection that the other end has.
    package mutating func resumeReceived(_ packetID: UInt16) {
        phases[packetID] = .received
    }

    /// A message was not sent after all.
    mutating func abandon(_ packetID: UInt16) {
        phases[packetID] = nil
    }

    /// What an answer of the other end says of a message.
    enum Answer {
        /// It is done with it.
        case done
        /// It has it, now or for some time: PUBREL is to be sent.
        case received
        /// Nothing is on its way under this identifier.
        case unknown
        /// This is no answer to what was sent last.
        case outOfOrder
    }

    /// PUBACK.
    mutating func acknowledge(_ packetID: UInt16) -> Answer {
        finish(packetID, in: .published)
    }

    /// PUBREC.
    mutating func receive(_ packetID: UInt16, isFailure: Bool) -> Answer {
        if isFailure { return finish(packetID, in: .publishedOnce) }
        switch phases[packetID] {
        case .publishedOnce, .received:
            phases[packetID] = .received
            return .received
        case .published: return .outOfOrder
        case nil: return .unknown
        }
    }

    /// PUBCOMP.
    mutating func complete(_ packetID: UInt16) -> Answer {
        finish(packetID, in: .received)
    }

    private mutating func finish(_ packetID: UInt16, in expected: Phase) -> Answer {
        guard let phase = phases[packetID] else { return .unknown }
        guard phase == expected else { return .outOfOrder }
        phases[packetID] = nil
        return .done
    }
}
