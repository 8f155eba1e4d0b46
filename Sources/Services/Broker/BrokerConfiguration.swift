// SPDX-License-Identifier: Apache-2.0

package import Keys

/// Where a broker listens, whom it lets in, and how much it allows.
package struct BrokerConfiguration: Sendable {
    package var host = "127.0.0.1"
    package var port = 1883
    /// False where plain TCP is not listened to.
    package var listensPlain = true
    /// The variable that sets host and port: error texts name it.
    package var listenVariable = "SLUICE_MQTT_LISTEN"
    /// Other ways in, beside plain TCP.
    package var listeners: [ListenerConfiguration] = []
    /// For listeners with TLS.
    package var tls: TLSFiles?
    package var access = AccessConfiguration()
    /// Pages that may connect by WebSocket, like `https://panel.example`, beside those of the same host; `*` is every page.
    package var webOrigins: [String] = []
    /// Largest topic plus payload (plus MQTT 5 properties), in bytes, that a device may publish.
    package var maximumEventBytes = 256 << 10
    package var maximumConnections = 10_000
    /// New connections per second from one address beyond this machine, ten seconds' worth at once; 0 leaves all in.
    package var maximumConnectRate = 100
    /// Connections that may be in a handshake of TLS or WebSocket at a time.
    package var maximumHandshakes = 128
    /// False at a hub: its subscribers read, and publishing is refused.
    package var allowsPublish = true

    /// Events and bytes of one connection that may wait for ``Ingest`` before its socket is no longer read.
    package var maximumUnansweredEvents = 4_096
    package var maximumUnansweredBytes = 1 << 20
    /// Bytes of all connections that may wait.
    package var maximumUnansweredBytesInAll = 2 << 20
    /// Messages and bytes that may wait for one subscriber.
    package var maximumQueuedMessages = 1_000
    package var maximumQueuedBytes = 1 << 20
    /// Bytes that may wait for all subscribers together.
    package var maximumQueuedBytesInAll = 64 << 20
    /// Bytes of retained messages in all.
    package var maximumRetainedBytes = 8 << 20
    /// Seconds that a session is kept at most without its client; what asks for more gets this.
    package var maximumSessionExpiry = UInt32.max
    /// Seconds of keep-alive at most, for MQTT 5; 0 leaves it to the clients.
    package var maximumKeepAlive: UInt16 = 0
    /// How often the topics below `$SYS/broker` are renewed; zero turns them off.
    package var sysInterval: Duration = .zero
    /// A connection without CONNECT is closed after this; handshakes before it have as long.
    package var connectTimeout: Duration = .seconds(10)
    /// A subscriber that a delivery waits for and that takes nothing for so long is disconnected.
    package var slowSubscriberTimeout: Duration = .seconds(5)
    /// How long a graceful stop waits for answers to what was read.
    package var stopTimeout: Duration = .seconds(5)

    package init() {}

    /// Every way in, the plain one first.
    var allListeners: [ListenerConfiguration] {
        let plain = ListenerConfiguration(.address(host: host, port: port), variable: listenVariable)
        return (listensPlain ? [plain] : []) + listeners
    }
}
