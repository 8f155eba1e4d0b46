// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Sends a CONNECT and waits for its answer.
final class ProxyAnswerHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let proxy: UplinkConfiguration.Proxy
    private let answered: EventLoopPromise<Void>
    private var context: ChannelHandlerContext?
    private var isGranted = false

    init(_ proxy: UplinkConfiguration.Proxy, _ answered: EventLoopPromise<Void>) {
        self.proxy = proxy
        self.answered = answered
    }

    func ask(_ head: HTTPRequestHead) {
        guard let context else { return answered.fail(ProxyFault.closed(proxy)) }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        answered.fail(ProxyFault.closed(proxy))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        // Informational answers come before the one that counts (RFC 9110 section 15.2).
        case .head(let head) where (100..<200).contains(head.status.code): break
        case .head(let head) where (200..<300).contains(head.status.code): isGranted = true
        case .head(let head): answered.fail(ProxyFault.refused(proxy, head.status))
        case .end where isGranted: answered.succeed()
        case .body, .end: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answered.fail(error is HTTPParserError ? ProxyFault.notHTTP(proxy) : error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        answered.fail(ProxyFault.closed(proxy))
        context.fireChannelInactive()
    }
}
