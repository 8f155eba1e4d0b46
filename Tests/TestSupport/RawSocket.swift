// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A blocking TCP connection to loopback for tests that speak byte by byte.
package final class RawSocket: Sendable {
    /// How talking ended.
    package enum Failure: Error, Equatable {
        case timedOut
        case reset
        case closed
        case code(Int32)
    }

    private let socket: Int32

    /// Connects to 127.0.0.1.
    package init(port: Int) throws(Failure) {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { [socket] pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard connected else { throw Self.failure(errno) }
    }

    deinit {
        close(socket)
    }

    /// Sends everything.
    package func send(_ bytes: [UInt8]) throws(Failure) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.send(socket, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            guard count >= 0 else { throw Self.failure(errno) }
            sent += count
        }
    }

    /// Sends the UTF-8 of `text`.
    package func send(_ text: String) throws(Failure) {
        try send(Array(text.utf8))
    }

    /// Receives exactly `count` bytes.
    package func receive(_ count: Int, within limit: Duration) throws(Failure) -> [UInt8] {
        var out: [UInt8] = []
        let deadline = ContinuousClock.now + limit
        while out.count < count { out += try receiveSome(atMost: count - out.count, until: deadline) }
        return out
    }

    /// Receives until the other side closes.
    package func receiveAll(within limit: Duration) throws(Failure) -> [UInt8] {
        var out: [UInt8] = []
        let deadline = ContinuousClock.now + limit
        while true {
            do throws(Failure) {
                out += try receiveSome(atMost: 65_536, until: deadline)
            } catch .closed {
                return out
            }
        }
    }

    private func receiveSome(atMost count: Int, until deadline: ContinuousClock.Instant) throws(Failure) -> [UInt8] {
        let left = (deadline - ContinuousClock.now).components
        let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000
        var wanted = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard milliseconds > 0, poll(&wanted, 1, Int32(clamping: milliseconds)) > 0 else { throw .timedOut }
        var buffer = [UInt8](repeating: 0, count: count)
        let received = recv(socket, &buffer, count, 0)
        guard received != 0 else { throw .closed }
        guard received > 0 else { throw Self.failure(errno) }
        return Array(buffer[..<received])
    }

    private static func failure(_ code: Int32) -> Failure {
        code == ECONNRESET || code == EPIPE ? .reset : .code(code)
    }
}
