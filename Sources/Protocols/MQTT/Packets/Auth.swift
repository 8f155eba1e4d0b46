// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// AUTH (MQTT 5.0 section 3.15): one step of an extended authentication.
package struct Auth: Sendable, Equatable {
    package var reason: ReasonCode
    package var properties: Properties

    package init(reason: ReasonCode = .success, properties: Properties = Properties()) {
        self.reason = reason
        self.properties = properties
    }

    init(from body: inout ByteBuffer, version: MQTTVersion) throws(MQTTFault) {
        guard version == .v5 else { throw .malformed("AUTH is not part of MQTT 3.1.1") }
        reason = .success
        properties = Properties()
        guard body.readableBytes > 0 else { return }
        reason = try body.readReason()
        properties = try Properties(from: &body, in: .auth)
    }

    func encode(into buffer: inout ByteBuffer) {
        buffer.writePacket(.auth) { body in
            guard reason != .success || !properties.isEmpty else { return }
            body.writeInteger(reason.rawValue)
            properties.encode(into: &body)
        }
    }
}
