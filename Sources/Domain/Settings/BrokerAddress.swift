// SPDX-License-Identifier: Apache-2.0

/// Where somebody else's MQTT broker is: `mqtt://host:port`, `mqtts://host:port`.
package struct BrokerAddress: Sendable, Hashable, CustomStringConvertible {
    package var secure: Bool
    package var address: NetworkHost

    /// Nil for another scheme, a path, user or password, or a bad host or port; without a port 1883, with TLS 8883.
    package init?(_ text: String) {
        let rest: Substring
        if text.hasPrefix("mqtt://") {
            secure = false
            rest = text.dropFirst(7)
        } else if text.hasPrefix("mqtts://") {
            secure = true
            rest = text.dropFirst(8)
        } else {
            return nil
        }
        let hasPort = rest.hasSuffix("]") ? false : rest.contains(":")
        guard let address = NetworkHost(hasPort ? String(rest) : "\(rest):\(secure ? 8883 : 1883)"), address.port > 0
        else {
            return nil
        }
        self.address = address
    }

    package var description: String { "\(secure ? "mqtts" : "mqtt")://\(address)" }
}
