// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// UNSUBACK (MQTT 5.0 section 3.11): one reason code for each filter in MQTT 5, none in MQTT 3.1.1.
package struct Unsuback: Sendable, Equatable {
    package var packetID: UInt16
    package var reasons: [ReasonCode]
    package var properties: Properties

    package init(packetID: UInt16, reasons: [ReasonCode], properties: Properties = Properties()) {
        self.packetID = packetID
        self.reasons = reasons
        self.properties = properties
    }

    init(from body: inout ByteBuffer, version: MQTTVersion) throws(MQTTFault) {
        packetID = try body.readPacketID()
        properties = Properties()
        reasons = []
        guard version == .v5 else { return }
        properties = try Properties(from: &body, in: .unsuback)
        while body.readableBytes > 0 { reasons.append(try body.readReason()) }
        guard !reasons.isEmpty else { throw .malformed("UNSUBACK without a reason code") }
    }

    func encode(into buffer: inout ByteBuffer, version: MQTTVersion) {
        buffer.writePacket(.unsuback) { body in
            body.writeInteger(packetID)
            guard version == .v5 else { return }
            properties.encode(into: &body)
            for reason in reasons { body.writeInteger(reason.rawValue) }
        }
    }
}
