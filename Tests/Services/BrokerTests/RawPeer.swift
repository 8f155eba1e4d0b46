// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A socket that sends what a test says, byte by byte if it must, and keeps what comes back.
final class RawPeer: Sendable {
    private let channel: any Channel
    private let inbox: Inbox

    private final class Inbox: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let bytes = Mutex(ByteBuffer())
        let isClosed = Atomic(false)

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            var buffer = unwrapInboundIn(data)
            bytes.withLock { _ = $0.writeBuffer(&buffer) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            isClosed.store(true, ordering: .relaxed)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }

    /// - Parameters:
    ///   - reads: false leaves everything in the socket's buffer.
    ///   - tls: what is to be spoken below.
    init(port: Int, reads: Bool = true, tls: NIOSSLContext? = nil) async throws {
        let inbox = Inbox()
        self.inbox = inbox
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.autoRead, value: reads)
            .channelOption(.socketOption(.so_rcvbuf), value: 64 << 10)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        let handler = try NIOSSLClientHandler(context: tls, serverHostname: "localhost")
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(inbox)
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    func send(_ bytes: [UInt8]) {
        channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    }

    func send(_ packets: Packet..., version: MQTTVersion = .v311) {
        var buffer = ByteBuffer()
        for packet in packets { packet.encode(into: &buffer, version: version) }
        channel.writeAndFlush(buffer, promise: nil)
    }

    func connect(_ version: MQTTVersion, id: String = "", keepAlive: UInt16 = 0) {
        var connect = Connect(version: version, clientID: id)
        connect.keepAlive = keepAlive
        send(.connect(connect), version: version)
    }

    var isClosed: Bool { inbox.isClosed.load(ordering: .relaxed) }
    var bytes: [UInt8] { inbox.bytes.withLock { Array($0.readableBytesView) } }

    /// Every packet that has come.
    func packets(_ version: MQTTVersion) throws -> [Packet] {
        var buffer = inbox.bytes.withLock { $0 }
        let decoder = PacketDecoder(version: version, maximumPacketBytes: 1 << 20)
        var packets: [Packet] = []
        while let packet = try decoder.next(from: &buffer) { packets.append(packet) }
        return packets
    }

    func close() async {
        try? await channel.close()
    }
}
