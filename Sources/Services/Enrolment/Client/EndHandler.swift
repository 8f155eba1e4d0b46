// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Says that a connection has come to its end.
final class EndHandler: ChannelInboundHandler {
    typealias InboundIn = Any

    private let ended: (any Error) -> Void

    init(_ ended: @escaping (any Error) -> Void) {
        self.ended = ended
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        ended(EnrolmentFault.broken("\(error)"))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        ended(EnrolmentFault.broken("it was closed without an answer"))
    }
}
