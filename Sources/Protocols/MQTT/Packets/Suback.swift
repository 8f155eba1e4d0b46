// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// SUBACK (MQTT 5.0 section 3.9): one reason code for each filter asked, in the same order.
package struct Suback: Sendable, Equatable {
    package var packetID: UInt16
    /// Granted QoS as a reason code, or a failure.
    package var reasons: [ReasonCode]
    package var properties: Properties

    package init(packetID: UInt16, reasons: [ReasonCode], properties: Properties = Properties()) {
        self.packetID = packetID
        self.reasons = reasons
        self.properties = properties
    }

    init(from body: inout ByteBuffer, version: MQTTVersion) throws(MQTTFault) {
        packetID = try body.readPacketID()
        properties = version == .v5 ? try Properties(from: &body, in: .suback) : Properties()
        reasons = []
        while body.readableBytes > 0 {
            let reason = try body.readReason()
            // MQTT 3.1.1 knows three grants and one failure (section 3.9.3).
            guard version == .v5 || reason.rawValue <= 2 || reason == .unspecifiedError else {
                throw .malformed("return code \(reason.rawValue)")
            }
            reasons.append(reason)
        }
        guard !reasons.isEmpty else { throw .malformed("SUBACK without a reason code") }
    }

    func encode(into buffer: inout ByteBuffer, version: MQTTVersion) {
        buffer.writePacket(.suback) { body in
            body.writeInteger(packetID)
            if version == .v5 { properties.encode(into: &body) }
            for reason in reasons {
                body.writeInteger(version == .v311 && reason.isFailure ? 0x80 : reason.rawValue)
            }
        }
    }
}
