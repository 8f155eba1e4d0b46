// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Closes a connection that sends more than its request may have, headers included.
final class ByteAllowance: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var rest: Int

    init(_ bytes: Int) {
        rest = bytes
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        rest -= unwrapInboundIn(data).readableBytes
        guard rest >= 0 else { return context.close(promise: nil) }
        context.fireChannelRead(data)
    }
}
