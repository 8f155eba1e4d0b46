// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// UNSUBSCRIBE (MQTT 5.0 section 3.10): gives up topic filters, each named exactly as it was asked for.
package struct Unsubscribe: Sendable, Equatable {
    package var packetID: UInt16
    package var filters: [String]
    package var properties: Properties

    package init(packetID: UInt16, filters: [String], properties: Properties = Properties()) {
        self.packetID = packetID
        self.filters = filters
        self.properties = properties
    }

    init(from body: inout ByteBuffer, version: MQTTVersion) throws(MQTTFault) {
        packetID = try body.readPacketID()
        properties = version == .v5 ? try Properties(from: &body, in: .unsubscribe) : Properties()
        filters = []
        while body.readableBytes > 0 { filters.append(try body.readText("topic filter")) }
        guard !filters.isEmpty else { throw .protocolError("UNSUBSCRIBE without a filter") }
    }

    func encode(into buffer: inout ByteBuffer, version: MQTTVersion) {
        buffer.writePacket(.unsubscribe, flags: 0b0010) { body in
            body.writeInteger(packetID)
            if version == .v5 { properties.encode(into: &body) }
            for filter in filters { body.writeText(filter) }
        }
    }
}
