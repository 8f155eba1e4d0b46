// SPDX-License-Identifier: Apache-2.0

import Events
import MQTT
import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import Broker

/// How long a connection that was ended here stays, on a loop whose time the test moves.
@Suite struct LingerTests {
    private let loop = EmbeddedEventLoop()

    /// A socket whose other half stays open when one is closed: an embedded channel knows no halves.
    private final class Halves: ChannelOutboundHandler {
        typealias OutboundIn = ByteBuffer

        func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
            guard mode == .output else { return context.close(mode: mode, promise: promise) }
            promise?.succeed()
        }
    }

    /// A client that was in and has just been sent a DISCONNECT, for its second CONNECT.
    private func ended() throws -> EmbeddedChannel {
        let connection = BrokerConnection(core: Ingested().core(loop), entrance: Entrance(allowsAnonymous: true))
        let channel = EmbeddedChannel(handlers: [Halves(), connection], loop: loop)
        channel.connect(to: try SocketAddress(unixDomainSocketPath: "test"), promise: nil)
        var connect = Connect(version: .v5, clientID: "c")
        connect.cleanStart = true
        for _ in 0..<2 {
            var bytes = ByteBuffer()
            Packet.connect(connect).encode(into: &bytes, version: .v5)
            try channel.writeInbound(bytes)
            loop.run()
        }
        return channel
    }

    @Test func `a client that still sends is given time to read why it was closed`() throws {
        let channel = try ended()
        // The acknowledgements of what it was sent before.
        for _ in 0..<16 {
            loop.advanceTime(by: .milliseconds(500))
            #expect(channel.isActive)
            try channel.writeInbound(ByteBuffer(bytes: [0x62, 2, 0, 1]))
        }
        loop.advanceTime(by: .seconds(2))
        #expect(!channel.isActive, "it has fallen silent")
    }

    @Test func `a client that never stops sending is closed all the same`() throws {
        let channel = try ended()
        for _ in 0..<30 where channel.isActive {
            loop.advanceTime(by: .milliseconds(500))
            if channel.isActive { try channel.writeInbound(ByteBuffer(bytes: [0x62, 2, 0, 1])) }
        }
        #expect(!channel.isActive)
    }
}
