// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Counts what a connection carries above TLS, and tells that the hub lives.
final class TrafficHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let received: (Int) -> Void
    private let sent: (Int) -> Void

    init(received: @escaping (Int) -> Void, sent: @escaping (Int) -> Void) {
        self.received = received
        self.sent = sent
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received(unwrapInboundIn(data).readableBytes)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        sent(unwrapOutboundIn(data).readableBytes)
        context.write(data, promise: promise)
    }
}
