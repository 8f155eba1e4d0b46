// SPDX-License-Identifier: Apache-2.0

/// What the first bytes of a connection look like when they are not MQTT: so that a log line can name the mistake.
package enum PeerGuess {
    /// Nil when `bytes` may be the start of a CONNECT.
    package static func notMQTT(_ bytes: some Collection<UInt8>) -> String? {
        guard let first = bytes.first, first != PacketType.connect.rawValue << 4 else { return nil }
        // TLS record header: handshake (22), version 3.x (RFC 8446 section 5.1).
        if first == 0x16, bytes.dropFirst().first ?? 0x03 == 0x03 { return "a TLS handshake" }
        let text = String(decoding: bytes.prefix(16), as: UTF8.self)
        if text.hasPrefix("PRI * HTTP/2") { return "HTTP/2" }
        for method in ["GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS ", "PATCH ", "CONNECT ", "TRACE "]
        where text.hasPrefix(method) {
            return "an HTTP request"
        }
        if text.hasPrefix("SSH-") { return "SSH" }
        if text.hasPrefix("AMQP") { return "AMQP" }
        if let type = PacketType(rawValue: first >> 4), type.fixedFlags.map({ $0 == first & 0x0F }) ?? true,
            text.utf8.contains(where: { $0 < 0x20 })
        {
            return "an MQTT \(type) packet before CONNECT"
        }
        return "not MQTT (first byte \(first))"
    }
}
