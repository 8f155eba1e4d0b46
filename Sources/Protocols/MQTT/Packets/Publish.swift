// SPDX-License-Identifier: Apache-2.0

import Events
package import NIOCore

/// PUBLISH (MQTT 5.0 section 3.3): one message.
///
/// ```
/// | topic length (2) | topic | packet identifier (2, QoS > 0) | properties (v5) | payload |
///   flags: 3 duplicate, 2-1 QoS, 0 retain
/// ```
package struct Publish: Sendable, Equatable {
    /// Checked UTF-8 without wildcards; empty only where a topic alias stands for it.
    package var topic: ByteBuffer
    package var payload: ByteBuffer
    /// Zero exactly when the quality of service is 0.
    package var packetID: UInt16
    package var qualityOfService: QualityOfService
    package var retain: Bool
    package var duplicate: Bool
    package var properties: Properties

    package init(
        topic: ByteBuffer,
        payload: ByteBuffer,
        packetID: UInt16 = 0,
        qualityOfService: QualityOfService = .atMostOnce,
        retain: Bool = false,
        duplicate: Bool = false,
        properties: Properties = Properties()
    ) {
        self.topic = topic
        self.payload = payload
        self.packetID = packetID
        self.qualityOfService = qualityOfService
        self.retain = retain
        self.duplicate = duplicate
        self.properties = properties
    }

    init(from body: inout ByteBuffer, flags: UInt8, version: MQTTVersion) throws(MQTTFault) {
        guard let qualityOfService = QualityOfService(rawValue: flags >> 1 & 0b11) else {
            throw .malformed("PUBLISH with QoS 3")
        }
        self.qualityOfService = qualityOfService
        duplicate = flags & 0b1000 != 0
        retain = flags & 0b0001 != 0
        guard !duplicate || qualityOfService != .atMostOnce else { throw .malformed("QoS 0 marked as duplicate") }
        guard let topic = body.readLengthPrefixedSlice(as: UInt16.self) else { throw .malformed("topic is cut short") }
        self.topic = topic
        packetID = qualityOfService == .atMostOnce ? 0 : try body.readPacketID()
        properties = version == .v5 ? try Properties(from: &body, in: .publish) : Properties()
        payload = body
        body.moveReaderIndex(to: body.writerIndex)
        if topic.readableBytes == 0, properties.integer(.topicAlias) != nil { return }
        try Self.check(topic: topic.readableBytesSpan)
    }

    /// Throws the fault that says what is wrong with a topic name (MQTT 5.0 sections 1.5.4 and 4.7).
    package static func check(topic: RawSpan) throws(MQTTFault) {
        guard !TopicName.isValid(topic) else { return }
        guard topic.byteCount > 0 else { throw .protocolError("topic is empty") }
        // Not 0x90: that is for "correctly formed" names (MQTT 5.0 sections 1.5.4 and 3.14.2.1).
        let isText = topic.withUnsafeBytes { String(validating: $0, as: UTF8.self) != nil }
        throw .malformed(isText ? "topic holds a wildcard or NUL" : "topic is not UTF-8")
    }

    package func encode(into buffer: inout ByteBuffer, version: MQTTVersion) {
        PublishHeader(
            packetID: packetID,
            qualityOfService: qualityOfService,
            retain: retain,
            duplicate: duplicate,
            properties: properties
        ).encode(topic: topic.readableBytesSpan, payload: payload.readableBytesSpan, into: &buffer, version: version)
    }
}
