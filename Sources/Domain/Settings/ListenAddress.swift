// SPDX-License-Identifier: Apache-2.0

/// An address of this machine to listen on, as in `127.0.0.1:1883` or `[::1]:1883`.
package struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    package var address: NetworkHost

    /// Nil for anything but a numeric address or `localhost`, with a port: a name may move to another machine.
    package init?(_ text: String) {
        guard let address = NetworkHost(text), address.isNumeric || address.host == "localhost" else { return nil }
        self.address = address
    }

    package var host: String { address.host }
    package var port: Int { address.port }
    package var isLoopback: Bool { address.isLoopback }
    package var description: String { address.description }
}
