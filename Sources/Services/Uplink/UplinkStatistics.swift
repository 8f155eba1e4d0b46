// SPDX-License-Identifier: Apache-2.0

/// The truth about the link, for status.
package struct UplinkStatistics: Sendable {
    /// What batches build on, or will as soon as the hub has it.
    package struct Primer: Sendable, Equatable {
        /// Within its node.
        package var identifier: UInt64
        /// Bytes that it took on the link.
        package var bytes: Int
        /// Whether the hub of this connection has it, so that batches name it.
        package var isActive: Bool

        package init(identifier: UInt64, bytes: Int, isActive: Bool) {
            self.identifier = identifier
            self.bytes = bytes
            self.isActive = isActive
        }
    }

    /// `host:port` of the hub in use or being tried; nil without configuration.
    package var hub: String?
    /// Why nothing is being sent, in words for the user; nil when a hub has answered hello and batches may flow.
    package var trouble: String?
    /// Since the last acknowledgement that a hub sent; nil when none ever came.
    package var sinceLastAck: Duration?
    /// Events acknowledged since start.
    package var acknowledgedEvents: UInt64 = 0
    /// Events sent since start, repeats included.
    package var sentEvents: UInt64 = 0
    /// Events that wait behind live ones; nil where all leave in their order, or no hub takes them.
    package var historicalEvents: UInt64?
    /// Application bytes since start, WebSocket framing included: sent and received.
    package var bytesSent: UInt64 = 0
    package var bytesReceived: UInt64 = 0
    /// Connections made since start.
    package var connections: UInt64 = 0

    /// Whether what is sent is sealed end to end; nil while nothing can be sent.
    package var isSealed: Bool?
    /// Connections ended because of what came sealed, or because the hub had no sealing key that is trusted, since start.
    package var refusedSeals: UInt64 = 0
    /// Connections whose hub was believed by the key that it had proved before, as the clock could not be.
    package var believedHubs: UInt64 = 0

    /// The newest primer; nil when none was made.
    package var primer: Primer?

    package init() {}
}
