// SPDX-License-Identifier: Apache-2.0

/// Why what a peer sent cannot be accepted; every fault ends the connection (MQTT 5.0 section 4.13.1).
package enum MQTTFault: Error, Equatable, Sendable {
    /// The bytes are not an MQTT packet.
    case malformed(String)
    /// The packet is well formed, but not allowed at this point or with these values.
    case protocolError(String)
    /// The packet is longer than the receiver takes.
    case packetTooLarge(bytes: Int, limit: Int)
    /// CONNECT asks for a protocol that is not spoken here.
    case unsupportedVersion(name: String, level: UInt8)

    /// What MQTT 5 calls it on the wire.
    package var reason: ReasonCode {
        switch self {
        case .malformed: .malformedPacket
        case .protocolError: .protocolError
        case .packetTooLarge: .packetTooLarge
        case .unsupportedVersion: .unsupportedProtocolVersion
        }
    }

    /// One line for logs and for the MQTT 5 reason string.
    package var text: String {
        switch self {
        case .malformed(let text), .protocolError(let text): text
        case .packetTooLarge(let bytes, let limit): "packet of \(bytes) bytes is larger than the \(limit) allowed"
        case .unsupportedVersion(let name, let level): "protocol \(name) level \(level) is not MQTT 3.1.1 or 5.0"
        }
    }
}
