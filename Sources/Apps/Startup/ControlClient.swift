// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Asks the program that runs with a state directory.
package enum ControlClient {
    /// Why there is no answer.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// Nobody listens on the socket.
        case notRunning(path: String)
        /// The socket is there and cannot be used, or its owner does not answer.
        case failed(path: String, reason: String)

        package var description: String {
            switch self {
            case .notRunning(let path): "nothing answers on \(path): it does not run, or with another state directory"
            case .failed(let path, let reason): "\(path): \(reason)"
            }
        }
    }

    /// Sends one request and returns the line that answers it.
    package static func request(_ request: String, path: String, timeoutSeconds: Int = 5) throws(Failure) -> String {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, size)
        try connect(descriptor, path)
        var line = request + "\n"
        guard line.withUTF8({ send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }) > 0 else {
            throw failure(path)
        }
        return try readLine(descriptor, path)
    }

    private static func connect(_ descriptor: Int32, _ path: String) throws(Failure) {
        guard path.utf8.count <= ControlSocket.longestPath else {
            throw .failed(path: path, reason: "a unix socket's path has \(ControlSocket.longestPath) bytes at most")
        }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result != 0 else { return }
        if errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR { throw .notRunning(path: path) }
        if errno == EACCES {
            let who = "ask as root, as the user that it runs as, or as a member of the group of that name"
            throw .failed(path: path, reason: "\(lastError()): \(who)")
        }
        throw failure(path)
    }

    private static func readLine(_ descriptor: Int32, _ path: String) throws(Failure) -> String {
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while answer.last != UInt8(ascii: "\n") {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else {
                throw .failed(path: path, reason: count == 0 ? "closed without an answer" : lastError())
            }
            answer += chunk[..<count]
        }
        return String(decoding: answer.dropLast(), as: UTF8.self)
    }

    private static func failure(_ path: String) -> Failure { .failed(path: path, reason: lastError()) }

    private static func lastError() -> String {
        errno == EAGAIN ? "no answer in time" : String(cString: strerror(errno))
    }
}
