// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore
import NIOSSL
import Testing

/// A WebSocket client that writes every byte itself, so that it can do what no library would.
struct WebSocketPeer {
    struct Frame: Equatable {
        var opcode: UInt8
        var payload: [UInt8]
    }

    let peer: RawPeer

    init(port: Int, tls: NIOSSLContext? = nil) async throws {
        peer = try await RawPeer(port: port, tls: tls)
    }

    /// Asks for the upgrade and waits for the answer's head.
    func upgrade(
        path: String = "/mqtt",
        subprotocols: String? = "mqtt",
        origins: [String] = []
    ) async throws -> String {
        var request = """
            GET \(path) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n
            """
        if let subprotocols { request += "Sec-WebSocket-Protocol: \(subprotocols)\r\n" }
        for origin in origins { request += "Origin: \(origin)\r\n" }
        peer.send(Array((request + "\r\n").utf8))
        try await eventually("an answer") { head != nil || peer.isClosed }
        return head ?? ""
    }

    private var headEnd: Int? {
        let bytes = peer.bytes
        return bytes.indices.first { bytes[$0...].starts(with: "\r\n\r\n".utf8) }.map { $0 + 4 }
    }

    private var head: String? { headEnd.map { String(decoding: peer.bytes[..<$0], as: UTF8.self) } }

    func send(_ payload: [UInt8], opcode: UInt8 = 2, fin: Bool = true, masked: Bool = true) {
        var bytes: [UInt8] = [opcode | (fin ? 0x80 : 0)]
        let mask: UInt8 = masked ? 0x80 : 0
        if payload.count < 126 {
            bytes.append(mask | UInt8(payload.count))
        } else {
            bytes += [mask | 127] + (0..<8).reversed().map { UInt8(truncatingIfNeeded: payload.count >> ($0 * 8)) }
        }
        let key: [UInt8] = [1, 2, 3, 4]
        if masked { bytes += key }
        bytes += payload.enumerated().map { index, byte in masked ? byte ^ key[index % 4] : byte }
        peer.send(bytes)
    }

    func send(_ packets: Packet..., version: MQTTVersion = .v311) {
        send(Self.bytes(packets, version))
    }

    static func bytes(_ packets: [Packet], _ version: MQTTVersion = .v311) -> [UInt8] {
        var buffer = ByteBuffer()
        for packet in packets { packet.encode(into: &buffer, version: version) }
        return Array(buffer.readableBytesView)
    }

    /// Every frame that has come whole.
    var frames: [Frame] {
        guard let headEnd else { return [] }
        var rest = peer.bytes[headEnd...]
        var frames: [Frame] = []
        while rest.count >= 2 {
            let opcode = rest[rest.startIndex] & 0x0F
            var length = Int(rest[rest.startIndex + 1])
            var start = rest.startIndex + 2
            let extra = length == 126 ? 2 : length == 127 ? 8 : 0
            guard rest.endIndex - start >= extra else { break }
            if extra > 0 { length = rest[start..<start + extra].reduce(0) { $0 << 8 | Int($1) } }
            start += extra
            guard rest.endIndex - start >= length else { break }
            frames.append(Frame(opcode: opcode, payload: Array(rest[start..<start + length])))
            rest = rest[(start + length)...]
        }
        return frames
    }

    /// The MQTT packets in the binary frames.
    func packets(_ version: MQTTVersion = .v311) throws -> [Packet] {
        var buffer = ByteBuffer(bytes: frames.filter { $0.opcode == 2 }.flatMap(\.payload))
        let decoder = PacketDecoder(version: version, maximumPacketBytes: 1 << 20)
        var packets: [Packet] = []
        while let packet = try decoder.next(from: &buffer) { packets.append(packet) }
        return packets
    }

    /// The code of the close frame, if one has come.
    var closeCode: Int? {
        frames.first { $0.opcode == 8 }.map { $0.payload.prefix(2).reduce(0) { $0 << 8 | Int($1) } }
    }
}
