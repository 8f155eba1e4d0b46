// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A blocking MQTT 3.1.1 client that costs next to nothing, so that what is measured is the other side.
final class MQTTConnection {
    let socket: Int32
    private var input: [UInt8] = []
    private var consumed = 0

    init(port: Int, clientID: String) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else {
            close(socket)
            throw Failure("cannot connect to port \(port)")
        }
        var on: Int32 = 1
        setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        let name = Array(clientID.utf8)
        let body: [UInt8] = [0, 4] + Array("MQTT".utf8) + [4, 2, 0, 0, 0, UInt8(name.count)] + name
        try send([0x10, UInt8(body.count)] + body)
        guard let answer = try packet(), answer.type == 2, answer.body.last == 0 else {
            throw Failure("port \(port) refused CONNECT")
        }
    }

    deinit {
        close(socket)
    }

    func send(_ bytes: [UInt8]) throws {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress! + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure("the connection broke while sending") }
            offset += count
        }
    }

    static func publish(
        _ topic: [UInt8],
        _ payload: [UInt8],
        quality: UInt8 = 1,
        packetID: UInt16,
        into out: inout [UInt8]
    ) {
        out.append(0x30 | quality << 1)
        var length = 2 + topic.count + (quality > 0 ? 2 : 0) + payload.count
        repeat {
            out.append(UInt8(length & 0x7f) | (length > 0x7f ? 0x80 : 0))
            length >>= 7
        } while length > 0
        out += [UInt8(topic.count >> 8), UInt8(topic.count & 255)]
        out += topic
        if quality > 0 { out += [UInt8(packetID >> 8), UInt8(packetID & 255)] }
        out += payload
    }

    func subscribe(_ filter: String, quality: UInt8 = 0) throws {
        let name = Array(filter.utf8)
        try send([0x82, UInt8(name.count + 5), 0, 1, 0, UInt8(name.count)] + name + [quality])
        guard let answer = try packet(), answer.type == 9 else { throw Failure("SUBSCRIBE was not answered") }
    }

    /// The next packet; nil when the other side closed, or when nothing came for `timeout` milliseconds.
    func packet(timeout: Int32 = 10_000) throws -> (type: UInt8, body: ArraySlice<UInt8>)? {
        while true {
            if let found = parse() { return found }
            if consumed > 0 {
                input.removeFirst(consumed)
                consumed = 0
            }
            guard receive(timeout: timeout) else { return nil }
        }
    }

    /// Whether bytes were read that were not looked at yet.
    var isBuffered: Bool { input.count > consumed }

    /// Whether bytes are there without waiting.
    var isReadable: Bool {
        if input.count > consumed { return true }
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) > 0
    }

    private func parse() -> (type: UInt8, body: ArraySlice<UInt8>)? {
        var position = consumed + 1
        var length = 0
        var shift = 0
        while true {
            guard position < input.count, shift < 28 else { return nil }
            let byte = input[position]
            position += 1
            length |= Int(byte & 0x7f) << shift
            shift += 7
            if byte < 0x80 { break }
        }
        guard position + length <= input.count else { return nil }
        let type = input[consumed] >> 4
        consumed = position + length
        return (type, input[position..<position + length])
    }

    private func receive(timeout: Int32) -> Bool {
        var descriptor = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        guard poll(&descriptor, 1, timeout) > 0 else { return false }
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(socket, &chunk, chunk.count, 0)
        guard count > 0 else { return false }
        input += chunk[..<count]
        return true
    }
}
