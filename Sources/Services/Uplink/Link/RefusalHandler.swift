// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Why what answered is not a hub.
struct Refusal: Error, CustomStringConvertible {
    let description: String
}

/// Turns an HTTP answer that is no upgrade into words.
final class RefusalHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let refused: EventLoopPromise<Void>

    init(_ refused: EventLoopPromise<Void>) {
        self.refused = refused
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data) else { return }
        refused.fail(
            Refusal(description: "answered HTTP \(head.status.code) \(head.status.reasonPhrase), not as a hub")
        )
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        refused.fail(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        refused.fail(Refusal(description: "closed the connection before it answered"))
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        refused.fail(Refusal(description: "closed the connection before it answered"))
    }
}
