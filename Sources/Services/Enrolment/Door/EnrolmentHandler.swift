// SPDX-License-Identifier: Apache-2.0

import Keys
import NIOCore
import NIOHTTP1

/// One connection at the door: takes a request, has it answered, closes.
final class EnrolmentHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Of a request, headers included: 16 KiB for its body, and some.
    static let maximumBytes = 24 << 10

    private let core: DoorCore
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ core: DoorCore) {
        self.core = core
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = self.head ?? head
        case .body(let part): body += part.readableBytesView
        case .end:
            guard let head else { return context.close(promise: nil) }
            self.head = nil
            answer(head, context)
        }
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let certificate = CertificateName.peer(context.pipeline)
        let address = context.channel.remoteAddress?.ipAddress ?? "unknown"
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        core.answer(head, body, certificate: certificate, from: address, on: context.eventLoop).whenSuccess { answer in
            let (handler, context) = bound.value
            handler.write(answer, context)
        }
    }

    private func write(_ answer: DoorAnswer, _ context: ChannelHandlerContext) {
        let text = answer.text.hasSuffix("\n") ? answer.text : answer.text + "\n"
        var headers: HTTPHeaders = ["Content-Length": "\(text.utf8.count)", "Connection": "close"]
        // RFC 8555 section 9.1.
        let isChain = answer.status == .ok
        headers.add(
            name: "Content-Type",
            value: isChain ? "application/pem-certificate-chain" : "text/plain; charset=utf-8"
        )
        let head = HTTPResponseHead(version: .http1_1, status: answer.status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
