// SPDX-License-Identifier: Apache-2.0

/// How a connection to a source came to its end.
struct SourceEnding: Sendable {
    /// For the log.
    var reason: String
    /// Whether the broker let this agent in.
    var wasConnected = false
    /// Whether the broker may know MQTT 3.1.1 only.
    var suggestsOlder = false
}
