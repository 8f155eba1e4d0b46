// SPDX-License-Identifier: Apache-2.0

package import MQTT

/// Where a client connects to, and as what.
package struct MQTTClientConfiguration: Sendable {
    package var host = "127.0.0.1"
    package var port = 1883
    /// Empty lets the server choose.
    package var clientID: String
    package var version = MQTTVersion.v311
    /// Seconds; 0 sends no pings.
    package var keepAlive: UInt16 = 60
    /// QoS 1 messages that may wait for their PUBACK.
    package var window = 100
    package var userName: String?
    package var password: [UInt8]?
    package var will: Will?
    /// For the connection and its CONNACK, and for SUBACK and UNSUBACK.
    package var timeout: Duration = .seconds(5)
    /// Longest packet taken from the server.
    package var maximumPacketBytes = 16 << 20

    package init(clientID: String = "") {
        self.clientID = clientID
    }
}
