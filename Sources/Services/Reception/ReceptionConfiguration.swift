// SPDX-License-Identifier: Apache-2.0

/// Where a hub listens for agents and how much it takes from one.
package struct ReceptionConfiguration: Sendable {
    package var host = "127.0.0.1"
    package var port = 7480
    /// Bytes that one agent may send beyond what has landed.
    package var credit = 1 << 20
    /// Largest event, in bytes, that is put together from parts.
    package var maximumEventBytes = 1 << 20
    package var maximumConnections = 10_000
    /// An agent that sends no byte for this long is gone.
    package var linkTimeout: Duration = .seconds(30)

    package init() {}
}
