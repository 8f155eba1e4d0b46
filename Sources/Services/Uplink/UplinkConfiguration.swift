// SPDX-License-Identifier: Apache-2.0

package import Keys

/// Where the hub is and how the link to it is driven.
package struct UplinkConfiguration: Sendable {
    /// One hub's address.
    package struct Hub: Sendable, Equatable {
        package var host: String
        package var port: Int
        /// Whether TLS is spoken, as for `wss://` addresses.
        package var secure: Bool
        package var path: String

        package init(host: String, port: Int, secure: Bool = false, path: String = "/") {
            self.host = host
            self.port = port
            self.secure = secure
            self.path = path
        }

        /// As status and log show it.
        package var name: String {
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }

        /// Whether the address never leaves this machine.
        var isLoopback: Bool {
            host == "localhost" || host == "::1" || host.hasPrefix("127.")
        }
    }

    /// An HTTP proxy that is asked for a tunnel (CONNECT).
    package struct Proxy: Sendable, Equatable, CustomStringConvertible {
        package var host: String
        package var port: Int
        /// `user:password`; never shown.
        package var credentials: [UInt8]?

        package init(host: String, port: Int, credentials: [UInt8]? = nil) {
            self.host = host
            self.port = port
            self.credentials = credentials
        }

        /// As status and log show it.
        package var description: String {
            host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }

        var isLoopback: Bool {
            Hub(host: host, port: port).isLoopback
        }
    }

    /// Tried in order; empty means: buffer and wait to be configured.
    package var hubs: [Hub] = []
    /// Payload bytes of one batch.
    package var mtu = 1200
    /// How long normal and bulk events wait for company; zero sends at once when the link is idle.
    package var linger: Duration = .milliseconds(20)
    /// No byte from the hub for this long: the link is dead.
    package var linkTimeout: Duration = .seconds(10)
    /// Whether `ws://` may be spoken beyond loopback.
    package var insecure = false
    /// Which hubs to trust over TLS.
    package var trust = ClientContexts.Trust()
    /// The certificate that hubs are shown; nil shows none.
    package var own: TLSFiles?
    /// Whom to believe while the clock is wrong; nil: nobody whose certificate does not hold at what it says.
    package var proven: ProvenHubs?
    /// What all connections to hubs go through; nil: nothing.
    package var proxy: Proxy?
    /// How large primers are, and how long one is kept.
    package var primers = PrimerCycle.Settings(bytes: 16 << 10)
    /// Whether what comes after an outage waits behind what has piled up.
    package var drain = DrainOrder.ordered
    /// How long a graceful shutdown sends what is left.
    package var stopTimeout: Duration = .seconds(5)

    package init() {}

    /// Bytes of one batch, as they are on disk and before they are sealed.
    package var batchLimit: Int { SendMachine.Settings(mtu: mtu).batchLimit }

    /// Why this cannot be used, in words for the user; nil when it can.
    package var problem: String? {
        // What a proxy takes for loopback is its own machine.
        let staysHere = proxy?.isLoopback ?? true
        if !insecure, let open = hubs.first(where: { !$0.secure && !($0.isLoopback && staysHere) }) {
            return """
                SLUICE_HUB=ws://\(open.name) would send events in the clear: use wss://, \
                or allow it with SLUICE_INSECURE=1
                """
        }
        return nil
    }
}
