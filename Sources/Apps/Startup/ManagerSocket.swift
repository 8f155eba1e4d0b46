// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Where the service manager listens: the socket that `NOTIFY_SOCKET` names (sd_notify(3)).
package struct ManagerSocket: Sendable {
    /// What the manager was told about in vain.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        package var description: String
    }

    private let name: String

    /// Nil where no manager listens.
    package init?(environment: [String: String]) throws(Failure) {
        guard let name = environment["NOTIFY_SOCKET"], !name.isEmpty else { return nil }
        // A path, or with @ in place of its first, zero byte a name in the abstract namespace (unix(7)).
        guard name.hasPrefix("/") || name.hasPrefix("@"), name.utf8.count > 1 else {
            throw Failure(description: "NOTIFY_SOCKET=\(name) is neither a path nor @NAME: the manager is told nothing")
        }
        guard name.utf8.count <= ControlSocket.longestPath else {
            throw Failure(description: "NOTIFY_SOCKET=\(name) is longer than a socket's name can be")
        }
        self.name = name
    }

    /// Sends one datagram; never waits for the reader.
    package func send(_ notices: [ManagerNotice]) throws(Failure) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { bytes in
            bytes.copyBytes(from: name.utf8)
            if name.hasPrefix("@") { bytes[0] = 0 }
        }
        // An abstract name has as many bytes as the length says: bytes behind it would be part of it.
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 0
        let length = socklen_t(offset + name.utf8.count + (name.hasPrefix("@") ? 0 : 1))
        let bytes = ManagerNotice.datagram(notices)
        let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                sendto(descriptor, bytes, bytes.count, flags, address, length)
            }
        }
        guard sent == bytes.count else { throw failure() }
    }

    private func failure() -> Failure {
        Failure(description: "the service manager cannot be told on \(name): \(String(cString: strerror(errno)))")
    }
}
