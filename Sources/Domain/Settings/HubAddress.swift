// SPDX-License-Identifier: Apache-2.0

/// Where a hub is: `ws://host:port`, `wss://host:port/path`.
package struct HubAddress: Sendable, Hashable, CustomStringConvertible {
    /// Where hubs listen unless told otherwise.
    package static let defaultPort = 7480

    package var secure: Bool
    package var address: NetworkHost
    package var path: String

    /// Nil for another scheme, a bad host or port, or characters that no URL path has.
    package init?(_ text: some StringProtocol) {
        let rest: Substring
        if text.hasPrefix("ws://") {
            secure = false
            rest = Substring(text.dropFirst(5))
        } else if text.hasPrefix("wss://") {
            secure = true
            rest = Substring(text.dropFirst(6))
        } else {
            return nil
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash]
        path = slash == rest.endIndex ? "/" : String(rest[slash...])
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { return nil }
        let hasPort = authority.hasSuffix("]") ? false : authority.contains(":")
        guard let address = NetworkHost(hasPort ? String(authority) : "\(authority):\(Self.defaultPort)") else {
            return nil
        }
        guard address.port > 0 else { return nil }
        self.address = address
    }

    package var description: String { "\(secure ? "wss" : "ws")://\(address)\(path == "/" ? "" : path)" }

    /// Reads a list, separated by commas; nil when it is empty or one of them cannot be read.
    package static func list(_ text: String) -> [HubAddress]? {
        let items = text.split(separator: ",", omittingEmptySubsequences: false).map { item in
            HubAddress(trimmingSpaces(item))
        }
        let hubs = items.compactMap(\.self)
        return hubs.count == items.count && !hubs.isEmpty ? hubs : nil
    }

    private static func trimmingSpaces(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return text
    }
}
