// SPDX-License-Identifier: Apache-2.0

/// The truth about the link, for status.
package struct UplinkStatistics: Sendable {
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
    /// Application bytes since start, WebSocket framing included: sent and received.
    package var bytesSent: UInt64 = 0
    package var bytesReceived: UInt64 = 0
    /// Connections made since start.
    package var connections: UInt64 = 0

    package init() {}
}
