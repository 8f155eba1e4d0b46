// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Tells whoever asks for something else over HTTP what this port is, and closes.
final class WebSocketRefusal: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let text =
        "This port takes MQTT over WebSocket: at the path / or /mqtt, with the subprotocol mqtt.\n"

    private let core: BrokerCore

    init(core: BrokerCore) {
        self.core = core
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let text = "an HTTP request was not for MQTT over WebSocket (path / or /mqtt, subprotocol mqtt)"
        core.complain(of: context.channel, "no WebSocket", text)
        // RFC 9110 section 15.5.22: an answer 426 names what to upgrade to.
        let headers: HTTPHeaders = [
            "Content-Type": "text/plain; charset=utf-8", "Content-Length": "\(Self.text.utf8.count)",
            "Connection": "close", "Upgrade": "websocket",
        ]
        let head = HTTPResponseHead(version: .http1_1, status: .upgradeRequired, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: Self.text)))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }
}
