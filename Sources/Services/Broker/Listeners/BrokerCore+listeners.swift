// SPDX-License-Identifier: Apache-2.0

import Keys
import Logging
import NIOCore
import Synchronization

extension BrokerCore {
    /// Whether a connection from there may come now; counted and logged where not.
    ///
    /// Those of this machine always may: a proxy brings everybody's under one address.
    func allowsConnection(from peer: SocketAddress?) -> Bool {
        guard let address = peer?.ipAddress, !Self.isLoopback(address) else { return true }
        let source = FailureLimit.Source.network(of: address)
        guard !connectRate.withLock({ $0.allows(source, now: eventLoop.now) }) else { return true }
        count { $0.turnedAway["connect rate", default: 0] += 1 }
        throttle.warn(
            "connect rate",
            "closed a new connection: more than \(configuration.maximumConnectRate) per second come from one address "
                + "(SLUICE_MQTT_CONNECT_RATE)",
            metadata: ["peer": "\(source)"]
        )
        return false
    }

    private static func isLoopback(_ address: String) -> Bool {
        address == "::1" || FailureLimit.Source.network(of: address).hasPrefix("127.")
    }

    /// Says in the log why a connection was closed before it had a session.
    func complain(of channel: any Channel, _ kind: String, _ text: String) {
        let peer = channel.remoteAddress?.description ?? "gone"
        throttle.warn(kind, "closed a connection: \(text)", metadata: ["peer": "\(peer)"])
    }
}
