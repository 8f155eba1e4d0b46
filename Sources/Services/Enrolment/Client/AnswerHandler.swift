// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// Puts one HTTP answer together, bounded.
final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private static let maximumBytes = 64 << 10

    private let answered: EventLoopPromise<(UInt, String)>
    private var status: UInt = 0
    private var body: [UInt8] = []

    init(_ answered: EventLoopPromise<(UInt, String)>) {
        self.answered = answered
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = head.status.code
        case .body(let part):
            body += part.readableBytesView
            if body.count > Self.maximumBytes { end(EnrolmentFault.badAnswer, context) }
        case .end:
            // What it says is shown on a terminal.
            let text = String(decoding: body, as: UTF8.self).filter { $0 == "\n" || !$0.isASCII || $0 >= " " }
            answered.succeed((status, text.last == "\n" ? String(text.dropLast()) : text))
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(EnrolmentFault.broken("\(error)"), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        answered.fail(EnrolmentFault.broken("it was closed without an answer"))
    }

    private func end(_ fault: EnrolmentFault, _ context: ChannelHandlerContext) {
        answered.fail(fault)
        context.close(promise: nil)
    }
}
