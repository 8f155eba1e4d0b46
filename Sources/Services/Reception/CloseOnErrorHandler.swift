// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOWebSocket

/// Closes what does not speak HTTP: NIO's handlers answer 400 and leave the connection open.
///
/// It goes when the handler comes that deals with errors itself.
final class CloseOnErrorHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let complain: (any Error) -> Void

    /// - Parameter complain: takes what went wrong.
    init(_ complain: @escaping (any Error) -> Void) {
        self.complain = complain
    }

    /// Puts the handler in place that takes over.
    static func replace(in pipeline: ChannelPipeline.SynchronousOperations, by handler: any ChannelHandler) throws {
        pipeline.removeHandler(context: try pipeline.context(handlerType: Self.self), promise: nil)
        try pipeline.addHandler(handler)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A refused upgrade is answered as plain HTTP.
        guard !(error is NIOWebSocketUpgradeError) else { return }
        complain(error)
        context.close(promise: nil)
    }
}
