// SPDX-License-Identifier: Apache-2.0

/// What the MQTT listener binds to and how much it allows.
package struct BrokerConfiguration: Sendable {
    package var host = "127.0.0.1"
    package var port = 1883
    /// Largest topic plus payload, in bytes, that a device may publish.
    package var maximumEventBytes = 256 << 10
    package var maximumConnections = 10_000
    /// False at a hub: its subscribers read, and publishing is refused.
    package var allowsPublish = true

    package init() {}
}
