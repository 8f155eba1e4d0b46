// SPDX-License-Identifier: Apache-2.0

/// Counters of a broker since it started.
package struct BrokerStatistics: Sendable, Equatable {
    package var connections = 0
    /// The most that there were at a time.
    package var mostConnections = 0
    /// Sessions, those of clients that are away included.
    package var sessions = 0
    package var subscriptions = 0
    /// Retained messages.
    package var retained = 0
    /// Events taken from devices.
    package var received: UInt64 = 0
    /// Events refused, by the reason given to the device: too large, malformed, store trouble.
    package var refused: [String: UInt64] = [:]
    /// Clients that were not let in, by the reason: bad password, not authorized, too many failures, too busy, connect
    /// rate.
    package var turnedAway: [String: UInt64] = [:]
    /// Filters that clients asked for and may not have.
    package var deniedSubscriptions: UInt64 = 0
    /// Bytes of packets read from clients, and written to them.
    package var receivedBytes: UInt64 = 0
    package var sentBytes: UInt64 = 0
    /// Events handed to subscribers.
    package var delivered: UInt64 = 0
    /// Events that a subscriber did not get because its queue was full.
    package var dropped: UInt64 = 0

    /// Messages that were not retained, as there was no room for them.
    package var unretained: UInt64 = 0

    package init() {}
}
