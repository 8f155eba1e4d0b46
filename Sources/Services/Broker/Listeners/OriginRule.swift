// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore

/// Which pages may open a WebSocket from within a visitor's browser (RFC 6455 section 10.2).
///
/// A browser lets a page of any site connect to every address that its visitor reaches, loopback and the local network
/// included, and says in `Origin` where the page is from. Pure.
struct OriginRule {
    /// `https://panel.example`; `*` is every origin.
    let allowed: Set<String>
    /// Names of this machine, lowercase.
    let ownNames: Set<String>

    init(allowed: [String], ownNames: [String]) {
        self.allowed = Set(allowed.map { $0.lowercased() })
        self.ownNames = Set(ownNames.map { $0.lowercased() })
    }

    /// Under which browsers may know this machine without anybody's telling them: mDNS has it under `.local`
    /// (RFC 6762 section 3).
    static var namesOfThisMachine: [String] {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return ["localhost"] }
        let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return ["localhost", name, name + ".local"]
    }

    /// Whether a request may become a WebSocket.
    ///
    /// - Parameters:
    ///   - origins: the values of the `Origin` header; no browser is without.
    ///   - hosts: those of the `Host` header.
    ///   - isSecure: whether it came over TLS.
    func allows(origins: [String], hosts: [String], isSecure: Bool) -> Bool {
        guard let origin = origins.first?.lowercased() else { return true }
        if allowed.contains("*") { return true }
        guard origins.count == 1 else { return false }
        if allowed.contains(origin) { return true }
        // "http:", "", authority: nothing follows that in an origin.
        let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty, hosts.count == 1, let host = hosts.first else { return false }
        let name = Self.name(in: host.lowercased()[...])
        guard !name.isEmpty, name == Self.name(in: parts[2]) else { return false }
        // Whoever owns a name can have it lead here after his page was loaded (DNS rebinding). With TLS the certificate
        // has been asked for the name; an address and this machine's own names are nobody else's.
        return isSecure || ownNames.contains(name) || (try? SocketAddress(ipAddress: name, port: 0)) != nil
    }

    /// A host without its port, an IPv6 address without its brackets (RFC 3986 section 3.2).
    private static func name(in authority: Substring) -> String {
        if authority.first == "[" { return String(authority.dropFirst().prefix { $0 != "]" }) }
        return String(authority.prefix { $0 != ":" })
    }
}
