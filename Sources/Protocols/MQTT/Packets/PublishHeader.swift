// SPDX-License-Identifier: Apache-2.0

package import NIOCore

/// All of a PUBLISH but topic and payload: writes the packet straight from bytes that lie elsewhere.
package struct PublishHeader: Sendable {
    /// Zero exactly when the quality of service is 0.
    package var packetID: UInt16
    package var qualityOfService: QualityOfService
    package var retain: Bool
    package var duplicate: Bool
    package var properties: Properties

    package init(
        packetID: UInt16 = 0,
        qualityOfService: QualityOfService = .atMostOnce,
        retain: Bool = false,
        duplicate: Bool = false,
        properties: Properties = Properties()
    ) {
        self.packetID = packetID
        self.qualityOfService = qualityOfService
        self.retain = retain
        self.duplicate = duplicate
        self.properties = properties
    }

    /// Length of the packet on the wire.
    package func encodedLength(topicBytes: Int, payloadBytes: Int, version: MQTTVersion) -> Int {
        let length = remainingLength(topicBytes, payloadBytes, propertyBytes(version)?.readableBytes)
        return 1 + Self.width(ofVariableInteger: length) + length
    }

    /// Writes the packet (MQTT 5.0 section 3.3, drawn at ``Publish``).
    package func encode(topic: RawSpan, payload: RawSpan, into buffer: inout ByteBuffer, version: MQTTVersion) {
        let propertyBytes = propertyBytes(version)
        buffer.writeInteger(
            PacketType.publish.rawValue << 4 | (duplicate ? 0b1000 : 0) | qualityOfService.rawValue << 1
                | (retain ? 1 : 0)
        )
        buffer.writeVariableInteger(
            remainingLength(topic.byteCount, payload.byteCount, propertyBytes?.readableBytes)
        )
        buffer.writeInteger(UInt16(clamping: topic.byteCount))
        topic.withUnsafeBytes { _ = buffer.writeBytes($0) }
        if qualityOfService != .atMostOnce { buffer.writeInteger(packetID) }
        if let propertyBytes { buffer.writeImmutableBuffer(propertyBytes) }
        payload.withUnsafeBytes { _ = buffer.writeBytes($0) }
    }

    private func propertyBytes(_ version: MQTTVersion) -> ByteBuffer? {
        guard version == .v5 else { return nil }
        var bytes = ByteBuffer()
        properties.encode(into: &bytes)
        return bytes
    }

    private func remainingLength(_ topicBytes: Int, _ payloadBytes: Int, _ propertyBytes: Int?) -> Int {
        2 + topicBytes + (qualityOfService == .atMostOnce ? 0 : 2) + (propertyBytes ?? 0) + payloadBytes
    }

    private static func width(ofVariableInteger value: Int) -> Int {
        switch value {
        case ..<128: 1
        case ..<16_384: 2
        case ..<2_097_152: 3
        default: 4
        }
    }
}
