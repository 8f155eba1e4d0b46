// SPDX-License-Identifier: Apache-2.0

import Keys
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import UplinkFrames

extension Reception {
    func bootstrap() -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { [core, contexts] channel in Self.accept(channel, core, contexts) }
    }

    /// TLS where it is wanted, HTTP until the upgrade, then WebSocket; what is none of it is closed.
    private static func accept(
        _ channel: any Channel,
        _ core: ReceptionCore,
        _ contexts: ServerContexts?
    ) -> EventLoopFuture<Void> {
        let admission = core.enter(channel)
        guard admission != .full else { return channel.close() }
        let deadline = channel.eventLoop.scheduleTask(in: TimeAmount(core.configuration.helloTimeout)) {
            channel.close(promise: nil)
        }
        return channel.eventLoop.makeCompletedFuture {
            if let contexts { try channel.pipeline.syncOperations.addHandler(contexts.handler()) }
            let asksCertificates = contexts?.asksCertificates ?? false
            let upgrader = NIOTypedWebSocketServerUpgrader<Void>(
                maxFrameSize: FrameLimits.frameBytes,
                enableAutomaticErrorHandling: false,
                shouldUpgrade: { channel, _ in
                    channel.eventLoop.makeSucceededFuture(admission == .welcome ? HTTPHeaders() : nil)
                },
                upgradePipelineHandler: { channel, _ in
                    channel.eventLoop.makeCompletedFuture {
                        deadline.cancel()
                        let names = asksCertificates ? CertificateName.allOfPeer(channel.pipeline) ?? [] : nil
                        let certificate = asksCertificates ? CertificateName.peer(channel.pipeline) : nil
                        try CloseOnErrorHandler.replace(
                            in: channel.pipeline.syncOperations,
                            by: AgentConnectionHandler(core: core, certifiedNodes: names, certificate: certificate)
                        )
                    }
                }
            )
            let upgrade = NIOTypedHTTPServerUpgradeConfiguration<Void>(upgraders: [upgrader]) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try CloseOnErrorHandler.replace(
                        in: channel.pipeline.syncOperations,
                        by: PlainHTTPHandler(isBusy: admission == .busy)
                    )
                }
            }
            let outcome = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
                configuration: .init(upgradeConfiguration: upgrade)
            )
            outcome.whenFailure { _ in channel.close(promise: nil) }
            try channel.pipeline.syncOperations.addHandler(CloseOnErrorHandler { core.failed(channel, $0) })
        }
    }
}
