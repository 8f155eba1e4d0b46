// SPDX-License-Identifier: Apache-2.0

import MQTT
import NIOCore

/// Looks at the first bytes of a connection, so that the log can name who has the wrong port.
final class FirstBytesHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let core: BrokerCore
    private let expectsTLS: Bool

    /// - Parameter expectsTLS: else an HTTP request.
    init(core: BrokerCore, expectsTLS: Bool) {
        self.core = core
        self.expectsTLS = expectsTLS
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data).readableBytesView
        if let guess = expectsTLS ? PeerGuess.notTLS(bytes) : PeerGuess.notHTTP(bytes) {
            let wanted = expectsTLS ? "TLS" : "WebSocket"
            let text = "this port speaks \(wanted), and the client sent \(guess)"
            core.complain(of: context.channel, "not \(wanted)", text)
            return context.close(promise: nil)
        }
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}
