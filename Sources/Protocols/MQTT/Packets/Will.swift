// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// What a server publishes when a client goes without saying so (MQTT 5.0 section 3.1.2.5).
package struct Will: Sendable, Equatable {
    package var topic: String
    package var payload: [UInt8]
    package var qualityOfService: QualityOfService
    package var retain: Bool
    package var properties = Properties()

    package init(
        topic: String,
        payload: [UInt8],
        qualityOfService: QualityOfService = .atMostOnce,
        retain: Bool = false
    ) {
        self.topic = topic
        self.payload = payload
        self.qualityOfService = qualityOfService
        self.retain = retain
    }

    init(from body: inout ByteBuffer, connectFlags flags: UInt8, version: MQTTVersion) throws(MQTTFault) {
        guard let qualityOfService = QualityOfService(rawValue: flags >> 3 & 0b11) else {
            throw .malformed("will QoS 3")
        }
        self.qualityOfService = qualityOfService
        retain = flags & 0x20 != 0
        if version == .v5 { properties = try Properties(from: &body, in: .will) }
        topic = try body.readText("will topic")
        try Publish.check(topic: topic.utf8.span.bytes)
        payload = try body.readData("will payload")
    }

    func encode(into body: inout ByteBuffer, version: MQTTVersion) {
        if version == .v5 { properties.encode(into: &body) }
        body.writeText(topic)
        body.writeData(payload)
    }

    var connectFlags: UInt8 {
        0x04 | qualityOfService.rawValue << 3 | (retain ? 0x20 : 0)
    }
}
