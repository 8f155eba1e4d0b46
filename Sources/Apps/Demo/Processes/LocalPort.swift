// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// TCP ports of 127.0.0.1.
package enum LocalPort {
    private static let range = 12_000..<30_000
    private static let next = Atomic<Int>(Int(getpid()) &* 61)

    /// A port that nobody listens on, below the kernel's ephemeral range, so that no outgoing connection takes it
    /// before its owner binds it; not given again by this process for some thousand calls.
    package static func free() throws(TimedOut) -> Int {
        for _ in range {
            let candidate = range.lowerBound + next.add(7, ordering: .relaxed).oldValue % range.count
            if withSocket({ bind($0, to: candidate) }) { return candidate }
        }
        throw TimedOut(waitedFor: "free TCP port", limit: .zero)
    }

    /// Whether something accepts connections there.
    package static func accepts(_ port: Int) -> Bool {
        withSocket { connect($0, to: port) }
    }

    private static func connect(_ socket: Int32, to port: Int) -> Bool {
        withAddress(of: port) { Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }

    private static func bind(_ socket: Int32, to port: Int) -> Bool {
        var reuse: Int32 = 1
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
        return withAddress(of: port) { Glibc.bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0 }
    }

    private static func withSocket(_ body: (Int32) -> Bool) -> Bool {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return false }
        defer { close(socket) }
        return body(socket)
    }

    private static func withAddress(of port: Int, _ body: (UnsafePointer<sockaddr>) -> Bool) -> Bool {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0) }
        }
    }
}
