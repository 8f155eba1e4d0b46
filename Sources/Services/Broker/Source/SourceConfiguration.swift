// SPDX-License-Identifier: Apache-2.0

package import Events

/// The broker on this box, or beside it, that events are taken from.
package struct SourceConfiguration: Sendable {
    package var host: String
    package var port: Int
    package var usesTLS = false
    /// Certificates of authorities (PEM) in place of the system's.
    package var caFile: String?
    /// What the broker knows this agent's session by: the same at every start.
    package var clientID = "sluice"
    package var filters: [TopicFilter]
    package var userName: String?
    /// File with the password in its first line, read at each connection.
    package var passwordFile: String?
    /// Seconds.
    package var keepAlive: UInt16 = 30
    /// Largest topic and payload together that is taken.
    package var maximumEventBytes = 256 << 10
    /// Bytes that may wait for ``Ingest`` before no more is read.
    package var maximumUnansweredBytes = 1 << 20
    /// For the connection and its CONNACK, and for answers at the end.
    package var timeout: Duration = .seconds(5)

    package init(host: String, port: Int, filters: [TopicFilter]) {
        self.host = host
        self.port = port
        self.filters = filters
    }
}
