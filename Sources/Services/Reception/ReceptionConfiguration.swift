// SPDX-License-Identifier: Apache-2.0

package import Keys

/// Where a hub listens for agents and how much it takes from one.
package struct ReceptionConfiguration: Sendable {
    package var host = "127.0.0.1"
    package var port = 7480
    /// Bytes that one agent may send beyond what has landed.
    package var credit = 1 << 20
    /// Largest event, in bytes of topic and payload; no more than a frame holds beside its attributes.
    package var maximumEventBytes = 1 << 20
    package var maximumConnections = 10_000
    /// An agent that sends no byte for this long is gone.
    package var linkTimeout: Duration = .seconds(30)
    /// Speaks TLS, and asks agents for certificates if authorities are named; nil speaks plain.
    package var tls: TLSFiles?
    /// Certificates that count no more; nil where nobody revokes any.
    package var revoked: RevokedCertificates?
    /// Whether it may listen beyond loopback, where nothing is encrypted or nobody is checked.
    package var insecure = false
    /// A connection that has not said hello by then is closed.
    package var helloTimeout: Duration = .seconds(10)
    /// How long an agent has to show that it lives when another one wants its node name.
    package var probeTimeout: Duration = .seconds(2)
    /// How long until a log in trouble is tried again.
    package var retryInterval: Duration = .seconds(1)
    /// How long a shutdown may take.
    package var stopTimeout: Duration = .seconds(5)

    package init() {}

    /// Whether agents have to show a certificate.
    var checksAgents: Bool { tls?.clientAuthorities != nil }
}
