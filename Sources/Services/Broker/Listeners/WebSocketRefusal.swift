// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Tells whoever asks for something else over HTTP what this port is, and a page that may not come in that it may not.
final class WebSocketRefusal: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let core: BrokerCore
    /// Where a page that may not come in is from.
    var origin: String?

    init(core: BrokerCore) {
        self.core = core
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        if let origin { forbid(origin, context) } else { explain(context) }
    }

    /// "MUST return an appropriate HTTP error code (e.g., 403 Forbidden)" (RFC 6455 section 4.2.2).
    private func forbid(_ origin: String, _ context: ChannelHandlerContext) {
        core.count { $0.turnedAway["web origin", default: 0] += 1 }
        let text = "a page of \(origin.prefix(200)) is not in SLUICE_MQTT_WS_ORIGINS"
        core.complain(of: context.channel, "web origin", text)
        answer(.forbidden, [:], "Pages of this origin may not connect: see SLUICE_MQTT_WS_ORIGINS.\n", context)
    }

    private func explain(_ context: ChannelHandlerContext) {
        let text = "an HTTP request was not for MQTT over WebSocket (path / or /mqtt, subprotocol mqtt)"
        core.complain(of: context.channel, "no WebSocket", text)
        let words = "This port takes MQTT over WebSocket: at the path / or /mqtt, with the subprotocol mqtt.\n"
        // RFC 9110 section 15.5.22: an answer 426 names what to upgrade to.
        answer(.upgradeRequired, ["Upgrade": "websocket"], words, context)
    }

    private func answer(
        _ status: HTTPResponseStatus,
        _ headers: HTTPHeaders,
        _ text: String,
        _ context: ChannelHandlerContext
    ) {
        var headers = headers
        headers.add(contentsOf: [
            "Content-Type": "text/plain; charset=utf-8", "Content-Length": "\(text.utf8.count)", "Connection": "close",
        ])
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }
}
