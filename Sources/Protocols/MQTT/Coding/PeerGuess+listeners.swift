// SPDX-License-Identifier: Apache-2.0

extension PeerGuess {
    /// Nil when `bytes` may be the start of a TLS handshake (RFC 8446 section 5.1).
    package static func notTLS(_ bytes: some Collection<UInt8>) -> String? {
        guard let first = bytes.first, first != 0x16 else { return nil }
        return plain(bytes, first)
    }

    /// Nil when `bytes` may be the start of an HTTP request.
    package static func notHTTP(_ bytes: some Collection<UInt8>) -> String? {
        guard let first = bytes.first, !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first) else { return nil }
        return plain(bytes, first)
    }

    private static func plain(_ bytes: some Collection<UInt8>, _ first: UInt8) -> String {
        first == PacketType.connect.rawValue << 4 ? "plain MQTT" : notMQTT(bytes) ?? "something else"
    }
}
