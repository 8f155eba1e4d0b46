// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOWebSocket
import UplinkFrames

/// Turns WebSocket messages into frames for the driver.
final class FrameHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let id: LinkMachine.ConnectionID
    private let driver: LinkDriver
    private var assembler = PartAssembler()
    private var trouble: String?

    init(_ id: LinkMachine.ConnectionID, _ driver: LinkDriver) {
        self.id = id
        self.driver = driver
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let message = unwrapInboundIn(data)
        switch message.opcode {
        case .binary: frame(message)
        case .ping:
            let pong = WebSocketFrame(
                fin: true,
                opcode: .pong,
                maskKey: driver.nextMask(),
                data: message.unmaskedData
            )
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .connectionClose: context.close(promise: nil)
        case .pong: break
        default: driver.faulted(id, "a message that is not binary")
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        driver.readComplete(id)
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { driver.writable(id) }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        trouble = LinkDriver.words(for: error)
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        driver.closed(id, trouble)
        context.fireChannelInactive()
    }

    private func frame(_ message: WebSocketFrame) {
        var data = message.unmaskedData
        do throws(FrameFault) {
            var frame = try driver.decode(id, &data)
            if case .part(let part) = frame { frame = try assembler.add(part) }
            if let frame { driver.received(id, frame) }
        } catch {
            driver.faulted(id, error)
        }
    }
}
