// SPDX-License-Identifier: Apache-2.0

import Events

/// What one event costs as a publication of its own: MQTT 3.1.1, QoS 1, over TLS 1.3.
enum MQTTFraming {
    /// IPv4 header, TCP header with timestamps (RFC 7323), TLS 1.3 record: header 5, type 1, tag 16 (RFC 8446, 5.2).
    ///
    /// PUBACKs and TCP acknowledgements go the other way and are not counted.
    private static let packetBytes = 20 + 32 + 22

    static func bytes(of record: EventBlock.Record) -> Int {
        // MQTT 3.1.1 section 3.3: topic and its length, packet identifier, payload.
        let remaining = 2 + Int(record.topicLength) + 2 + Int(record.payloadLength)
        return packetBytes + 1 + lengthBytes(remaining) + remaining
    }

    /// MQTT 3.1.1 section 2.2.3: seven bits a byte.
    private static func lengthBytes(_ remaining: Int) -> Int {
        var count = 1
        var rest = remaining >> 7
        while rest > 0 {
            count += 1
            rest >>= 7
        }
        return count
    }
}
