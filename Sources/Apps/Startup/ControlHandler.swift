// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One connection of the control socket: lines in, lines out.
final class ControlHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Requests are words; whoever sends more than this has the wrong socket.
    private static let longestRequest = 1024

    private let answer: @Sendable (String) -> String
    private var pending = ByteBuffer()

    init(answer: @escaping @Sendable (String) -> String) {
        self.answer = answer
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var buffer = unwrapInboundIn(data)
        pending.writeBuffer(&buffer)
        while let newline = pending.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
            let request = pending.readString(length: newline - pending.readerIndex) ?? ""
            pending.moveReaderIndex(forwardBy: 1)
            context.write(wrapOutboundOut(ByteBuffer(string: answer(request) + "\n")), promise: nil)
        }
        pending.discardReadBytes()
        if pending.readableBytes > Self.longestRequest { context.close(promise: nil) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.flush()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
