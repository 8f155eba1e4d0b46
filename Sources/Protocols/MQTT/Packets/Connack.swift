// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// CONNACK (MQTT 5.0 section 3.2): the answer to CONNECT.
///
/// ```
/// | session present (1) | return code or reason code (1) | properties (v5) |
/// ```
package struct Connack: Sendable, Equatable {
    package var sessionPresent: Bool
    package var reason: ReasonCode
    package var properties: Properties

    package init(reason: ReasonCode, sessionPresent: Bool = false, properties: Properties = Properties()) {
        self.sessionPresent = sessionPresent
        self.reason = reason
        self.properties = properties
    }

    init(from body: inout ByteBuffer, version: MQTTVersion) throws(MQTTFault) {
        guard let flags = body.readInteger(as: UInt8.self) else { throw .malformed("CONNACK is cut short") }
        guard flags <= 1 else { throw .malformed("CONNACK flags \(flags)") }
        sessionPresent = flags == 1
        if version == .v5 {
            reason = try body.readReason()
            properties = try Properties(from: &body, in: .connack)
        } else {
            guard let raw = body.readInteger(as: UInt8.self) else { throw .malformed("return code is missing") }
            guard let reason = ReasonCode(returnCode: raw) else { throw .malformed("return code \(raw)") }
            self.reason = reason
            properties = Properties()
        }
    }

    func encode(into buffer: inout ByteBuffer, version: MQTTVersion) {
        buffer.writePacket(.connack) { body in
            body.writeInteger(UInt8(sessionPresent ? 1 : 0))
            body.writeInteger(version == .v5 ? reason.rawValue : reason.returnCode)
            if version == .v5 { properties.encode(into: &body) }
        }
    }
}
