// SPDX-License-Identifier: Apache-2.0

import Keys
import NIOCore
import NIOTLS
import NIOWebSocket

/// Stands behind a handshake of TLS or WebSocket until it is done: bounds its time, and says in the log why it failed.
final class ArrivalHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    private let core: BrokerCore
    private let slots: HandshakeSlots
    /// Whether the end of the TLS handshake is the end of it all.
    private let endsWithTLS: Bool
    private var deadline: Scheduled<Void>?

    /// Takes over a slot that was taken.
    init(core: BrokerCore, slots: HandshakeSlots, endsWithTLS: Bool) {
        self.core = core
        self.slots = slots
        self.endsWithTLS = endsWithTLS
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let limit = core.configuration.connectTimeout
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: .init(limit)) { [core] in
            core.complain(of: channel, "no handshake", "the handshake was not done within \(limit)")
            channel.close(promise: nil)
        }
    }

    /// Also when the channel has closed.
    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        slots.release()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        context.fireUserInboundEventTriggered(event)
        guard endsWithTLS, let event = event as? TLSUserEvent, case .handshakeCompleted = event else { return }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // A refused upgrade is answered as plain HTTP.
        guard !(error is NIOWebSocketUpgradeError) else { return }
        let reason = core.configuration.tls?.words(for: error) ?? "\(error)"
        core.complain(of: context.channel, "handshake", "the handshake failed: \(reason)")
        context.close(promise: nil)
    }
}
