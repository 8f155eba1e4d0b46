// SPDX-License-Identifier: Apache-2.0

import Keys
import MQTT
import NIOCore
import NIOHTTP1
import NIOWebSocket

extension Listener {
    /// TLS, then WebSocket, each where it is wanted, then the session: bytes reach it as they would over TCP.
    func shakeHands(_ channel: any Channel) throws {
        let pipeline = channel.pipeline.syncOperations
        let arrival = ArrivalHandler(core: core, slots: slots, endsWithTLS: !configuration.usesWebSocket)
        do {
            try pipeline.addHandler(FirstBytesHandler(core: core, expectsTLS: configuration.usesTLS))
            if configuration.usesTLS, let contexts { try pipeline.addHandler(contexts.handler()) }
            if configuration.usesWebSocket { try addUpgrade(to: channel) }
        } catch {
            // Nobody else gives it back.
            slots.release()
            throw error
        }
        try pipeline.addHandler(arrival)
        if !configuration.usesWebSocket { try pipeline.addHandler(BrokerConnection(core: core, entrance: entrance)) }
    }

    private func addUpgrade(to channel: any Channel) throws {
        let refusal = NIOLoopBound(WebSocketRefusal(core: core), eventLoop: channel.eventLoop)
        let upgrader = NIOTypedWebSocketServerUpgrader<Void>(
            maxFrameSize: core.sessionLimits.maximumPacketBytes,
            enableAutomaticErrorHandling: false,
            shouldUpgrade: { channel, head in
                channel.eventLoop.makeSucceededFuture(answer(to: head, orSay: refusal.value))
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture { try enter(channel.pipeline.syncOperations) }
            }
        )
        let upgrade = NIOTypedHTTPServerUpgradeConfiguration<Void>(upgraders: [upgrader]) { channel in
            // The handler of arrivals stays: a request without an end is to have one.
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(refusal.value) }
        }
        let outcome = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
            configuration: .init(upgradeConfiguration: upgrade)
        )
        outcome.whenFailure { _ in channel.close(promise: nil) }
    }

    /// The headers of the answer to a request that may become a WebSocket; nil refuses it.
    ///
    /// "The Server MUST return the subprotocol `mqtt`" that the client must have named (MQTT-6.0.0-3, MQTT-6.0.0-4).
    private func answer(to head: HTTPRequestHead, orSay refusal: WebSocketRefusal) -> HTTPHeaders? {
        let path = head.uri.prefix { $0 != "?" }
        let offered = head.headers[canonicalForm: "Sec-WebSocket-Protocol"]
        guard path == "/" || path == "/mqtt", offered.contains("mqtt") else { return nil }
        let origins = head.headers["Origin"]
        let isAllowed = core.originRule.allows(
            origins: origins,
            hosts: head.headers["Host"],
            isSecure: configuration.usesTLS
        )
        guard isAllowed else {
            refusal.origin = origins.joined(separator: ", ")
            return nil
        }
        return ["Sec-WebSocket-Protocol": "mqtt"]
    }

    private func enter(_ pipeline: ChannelPipeline.SynchronousOperations) throws {
        pipeline.removeHandler(context: try pipeline.context(handlerType: ArrivalHandler.self), promise: nil)
        try pipeline.addHandler(WebSocketBridge(core: core))
        try pipeline.addHandler(BrokerConnection(core: core, entrance: entrance))
        // The socket has been active for long; for the session it is now.
        try pipeline.context(handlerType: WebSocketBridge.self).fireChannelActive()
    }
}
