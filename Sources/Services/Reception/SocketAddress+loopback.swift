// SPDX-License-Identifier: Apache-2.0

import NIOCore

extension SocketAddress {
    /// Whether only this machine reaches it: 127.0.0.0/8, ::1, or a Unix socket.
    var isLoopback: Bool {
        switch self {
        case .v4: ipAddress?.hasPrefix("127.") ?? false
        case .v6: ipAddress == "::1"
        case .unixDomainSocket: true
        }
    }
}
