// SPDX-License-Identifier: Apache-2.0

/// Where the hub is and how the link to it is driven.
package struct UplinkConfiguration: Sendable {
    /// One hub's address.
    package struct Hub: Sendable, Equatable {
        package var host: String
        package var port: Int
        /// `wss://`
        package var secure: Bool
        package var path: String

        package init(host: String, port: Int, secure: Bool = false, path: String = "/") {
            self.host = host
            self.port = port
            self.secure = secure
            self.path = path
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

    package init() {}
}
