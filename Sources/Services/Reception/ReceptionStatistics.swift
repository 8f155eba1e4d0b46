// SPDX-License-Identifier: Apache-2.0

/// Counters of a hub's links since it started.
package struct ReceptionStatistics: Sendable, Equatable {
    /// Agents connected now.
    package var agents = 0
    package var batches: UInt64 = 0
    package var bytesReceived: UInt64 = 0
    /// Batches answered with reject.
    package var rejected: UInt64 = 0
    /// Connections closed for a malformed frame or protocol fault.
    package var faults: UInt64 = 0
    /// TLS handshakes that failed: of strangers, of agents without a certificate that is trusted.
    package var refusedHandshakes: UInt64 = 0
    /// Connections closed because the certificate, or the key, is another node's.
    package var notAuthorised: UInt64 = 0
    /// Connections closed because something sealed was not what it should be.
    package var refusedSeals: UInt64 = 0

    package init() {}
}
