// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Tells whoever comes with plain HTTP what this port is, and closes.
final class PlainHTTPHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let isBusy: Bool

    init(isBusy: Bool) {
        self.isBusy = isBusy
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let text =
            isBusy
            ? "This sluice hub has as many connections as it takes; try again later.\n"
            : "This is the port of a sluice hub for its agents, which speak WebSocket: set SLUICE_HUB=ws://... there.\n"
        var headers: HTTPHeaders = [
            "Content-Type": "text/plain; charset=utf-8", "Content-Length": "\(text.utf8.count)", "Connection": "close",
        ]
        // RFC 9110 section 15.5.22: an answer 426 names what to upgrade to.
        if !isBusy { headers.add(name: "Upgrade", value: "websocket") }
        let status: HTTPResponseStatus = isBusy ? .serviceUnavailable : .upgradeRequired
        context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
