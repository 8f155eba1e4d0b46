// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// DISCONNECT (MQTT 5.0 section 3.14): the last packet of a connection; empty in MQTT 3.1.1.
///
/// ```
/// | reason code (1, v5; absent = normal) | properties (v5; absent = none) |
/// ```
package struct Disconnect: Sendable, Equatable {
    package var reason: ReasonCode
    package var properties: Properties

    package init(reason: ReasonCode = .success, properties: Properties = Properties()) {
        self.reason = reason
        self.properties = properties
    }

    init(from body: inout ByteBuffer, version: MQTTVersion) throws(MQTTFault) {
        reason = .success
        properties = Properties()
        guard version == .v5, body.readableBytes > 0 else { return }
        reason = try body.readReason()
        guard body.readableBytes > 0 else { return }
        properties = try Properties(from: &body, in: .disconnect)
    }

    func encode(into buffer: inout ByteBuffer, version: MQTTVersion) {
        buffer.writePacket(.disconnect) { body in
            guard version == .v5, reason != .success || !properties.isEmpty else { return }
            body.writeInteger(reason.rawValue)
            if !properties.isEmpty { properties.encode(into: &body) }
        }
    }
}
