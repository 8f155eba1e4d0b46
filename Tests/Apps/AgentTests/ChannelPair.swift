// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOPosix

/// One half of two joined connections: what comes in here goes out there.
final class ChannelPair: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel

    private init(to other: any Channel) {
        self.other = other
    }

    /// Connects to a port of this machine and joins `channel` with that, both on one loop.
    static func connect(_ channel: any Channel, toPort port: Int) -> EventLoopFuture<Void> {
        ClientBootstrap(group: channel.eventLoop)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: port)
            .flatMapThrowing { other in
                try channel.pipeline.syncOperations.addHandler(ChannelPair(to: other))
                try other.pipeline.syncOperations.addHandler(ChannelPair(to: channel))
                other.read()
                channel.read()
            }
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other.write(unwrapInboundIn(data), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        other.flush()
        context.read()
    }

    func channelInactive(context: ChannelHandlerContext) {
        other.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
