// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// SUBSCRIBE (MQTT 5.0 section 3.8): asks for what matches topic filters.
///
/// ```
/// | packet identifier (2) | properties (v5) | ( filter length (2) | filter | options (1) )... |
///   options: 5-4 retain handling, 3 retain as published, 2 no local, 1-0 QoS; only QoS in MQTT 3.1.1
/// ```
package struct Subscribe: Sendable, Equatable {
    package struct Request: Sendable, Equatable {
        /// UTF-8; whether it is a valid filter is for the session to say.
        package var filter: String
        package var qualityOfService: QualityOfService
        package var noLocal = false
        package var retainAsPublished = false
        /// 0 send retained, 1 only when new, 2 never.
        package var retainHandling: UInt8 = 0

        package init(filter: String, qualityOfService: QualityOfService) {
            self.filter = filter
            self.qualityOfService = qualityOfService
        }
    }

    package var packetID: UInt16
    package var requests: [Request]
    package var properties: Properties

    package init(packetID: UInt16, requests: [Request], properties: Properties = Properties()) {
        self.packetID = packetID
        self.requests = requests
        self.properties = properties
    }

    init(from body: inout ByteBuffer, version: MQTTVersion) throws(MQTTFault) {
        packetID = try body.readPacketID()
        properties = version == .v5 ? try Properties(from: &body, in: .subscribe) : Properties()
        requests = []
        while body.readableBytes > 0 {
            let filter = try body.readText("topic filter")
            guard let options = body.readInteger(as: UInt8.self) else { throw .malformed("options are missing") }
            guard let quality = QualityOfService(rawValue: options & 0b11) else { throw .malformed("QoS 3 asked") }
            guard options & (version == .v5 ? 0xC0 : 0xFC) == 0, options & 0x30 != 0x30 else {
                throw .malformed("reserved subscription options are set")
            }
            var request = Request(filter: filter, qualityOfService: quality)
            request.noLocal = options & 0b100 != 0
            request.retainAsPublished = options & 0b1000 != 0
            request.retainHandling = options >> 4
            requests.append(request)
        }
        guard !requests.isEmpty else { throw .protocolError("SUBSCRIBE without a filter") }
    }

    func encode(into buffer: inout ByteBuffer, version: MQTTVersion) {
        buffer.writePacket(.subscribe, flags: 0b0010) { body in
            body.writeInteger(packetID)
            if version == .v5 { properties.encode(into: &body) }
            for request in requests {
                body.writeText(request.filter)
                body.writeInteger(request.options(version))
            }
        }
    }
}

extension Subscribe.Request {
    fileprivate func options(_ version: MQTTVersion) -> UInt8 {
        guard version == .v5 else { return qualityOfService.rawValue }
        return qualityOfService.rawValue | (noLocal ? 0b100 : 0) | (retainAsPublished ? 0b1000 : 0)
            | retainHandling << 4
    }
}
