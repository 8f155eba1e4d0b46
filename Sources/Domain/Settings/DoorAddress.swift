// SPDX-License-Identifier: Apache-2.0

/// Where a hub issues certificates: `https://host:port`.
package struct DoorAddress: Sendable, Hashable, CustomStringConvertible {
    /// Where hubs issue certificates unless told otherwise.
    package static let defaultPort = 7481

    package var address: NetworkHost

    /// Nil for another scheme, a path, or a bad host or port.
    package init?(_ text: String) {
        guard text.hasPrefix("https://") else { return nil }
        var rest = text.dropFirst(8)
        if rest.hasSuffix("/") { rest.removeLast() }
        let hasPort = rest.hasSuffix("]") ? false : rest.contains(":")
        guard let address = NetworkHost(hasPort ? String(rest) : "\(rest):\(Self.defaultPort)"), address.port > 0 else {
            return nil
        }
        self.address = address
    }

    /// At the usual port of the machine where agents find the hub.
    package init(of hub: HubAddress) {
        address = NetworkHost(host: hub.address.host, port: Self.defaultPort)
    }

    package var description: String { "https://\(address)" }
}
