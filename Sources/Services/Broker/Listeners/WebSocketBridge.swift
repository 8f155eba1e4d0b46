// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOWebSocket

/// Makes a WebSocket look like a TCP connection: the bytes of binary frames in, one binary frame for each write out.
///
/// MQTT packets need not be aligned with frames (MQTT-6.0.0-2).
final class WebSocketBridge: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = WebSocketFrame

    private let core: BrokerCore
    private var order = WebSocketOrder()
    private var hasSaidGoodbye = false

    init(core: BrokerCore) {
        self.core = core
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch order.judge(frame) {
        case .take: if !hasSaidGoodbye { context.fireChannelRead(wrapInboundOut(frame.unmaskedData)) }
        case .answerPing: send(.pong, frame.unmaskedData, context)
        case .ignore: break
        case .close: end(context, .normalClosure)
        case .fail(let code, let text): fail(context, code, text)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? NIOWebSocketError else { return context.fireErrorCaught(error) }
        if error == .invalidFrameLength {
            fail(context, .messageTooLarge, "a WebSocket frame is larger than the largest MQTT packet")
        } else {
            fail(context, .protocolError, "the WebSocket frames are malformed")
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let frame = WebSocketFrame(fin: true, opcode: .binary, data: unwrapOutboundIn(data))
        context.write(wrapOutboundOut(frame), promise: promise)
    }

    /// The end of the output is a close frame; the connection itself is closed when the client's comes, or at last.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        sayGoodbye(context, .normalClosure)
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        promise?.succeed()
    }

    private func fail(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode, _ text: String) {
        guard !hasSaidGoodbye else { return }
        core.complain(of: context.channel, "WebSocket \(code)", text)
        end(context, code)
    }

    private func end(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode) {
        sayGoodbye(context, code)
        context.close(mode: .all, promise: nil)
    }

    private func sayGoodbye(_ context: ChannelHandlerContext, _ code: WebSocketErrorCode) {
        guard !hasSaidGoodbye else { return }
        hasSaidGoodbye = true
        var data = context.channel.allocator.buffer(capacity: 2)
        data.write(webSocketErrorCode: code)
        send(.connectionClose, data, context)
    }

    private func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer, _ context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: data)), promise: nil)
    }
}
