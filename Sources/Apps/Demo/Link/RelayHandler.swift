// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Hands what one half of a connection reads to its ``Relay``.
final class RelayHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let relay: Relay
    private let direction: LinkDirection

    init(relay: Relay, direction: LinkDirection) {
        self.relay = relay
        self.direction = direction
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        relay.received(unwrapInboundIn(data), direction)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        relay.readCompleted(direction)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        relay.conditionsChanged()
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        relay.inputEnded(direction)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
