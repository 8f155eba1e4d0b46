// SPDX-License-Identifier: Apache-2.0

/// Topics that clients do not publish to (MQTT 5.0 section 4.7.2): what the server says of itself, and what would look
/// like a shared subscription; as in Mosquitto.
enum ReservedTopics {
    static func contains(_ topic: some Collection<UInt8>) -> Bool {
        guard topic.first == UInt8(ascii: "$") else { return false }
        let text = String(decoding: topic, as: UTF8.self)
        guard text == "$SYS" || text.hasPrefix("$SYS/") else { return text.hasPrefix("$share/") }
        // A bridge of Mosquitto tells whether it is there, by its will, too (mosquitto.conf(5), notifications).
        return !(text.hasPrefix("$SYS/broker/connection/") && text.hasSuffix("/state"))
    }
}
