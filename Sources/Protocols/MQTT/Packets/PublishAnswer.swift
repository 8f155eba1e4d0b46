// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The body of PUBACK, PUBREC, PUBREL and PUBCOMP (MQTT 5.0 sections 3.4 to 3.7).
///
/// ```
/// | packet identifier (2) | reason code (1, v5; absent = success) | properties (v5; absent = none) |
/// ```
package struct PublishAnswer: Sendable, Equatable {
    package var packetID: UInt16
    package var reason: ReasonCode
    package var properties: Properties

    package init(packetID: UInt16, reason: ReasonCode = .success, properties: Properties = Properties()) {
        self.packetID = packetID
        self.reason = reason
        self.properties = properties
    }

    init(from body: inout ByteBuffer, version: MQTTVersion) throws(MQTTFault) {
        packetID = try body.readPacketID()
        reason = .success
        properties = Properties()
        guard version == .v5, body.readableBytes > 0 else { return }
        reason = try body.readReason()
        guard body.readableBytes > 0 else { return }
        properties = try Properties(from: &body, in: .publishAnswer)
    }

    func encode(into buffer: inout ByteBuffer, as type: PacketType, version: MQTTVersion) {
        let flags = type.fixedFlags ?? 0
        guard version == .v5, reason != .success || !properties.isEmpty else {
            // The hot case, in one write: nothing but the identifier.
            buffer.writeInteger(UInt32(type.rawValue << 4 | flags) << 24 | 2 << 16 | UInt32(packetID))
            return
        }
        buffer.writePacket(type, flags: flags) { body in
            body.writeInteger(packetID)
            body.writeInteger(reason.rawValue)
            if !properties.isEmpty { properties.encode(into: &body) }
        }
    }
}
