// SPDX-License-Identifier: Apache-2.0

import Keys
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import UplinkFrames

/// Makes connections to hubs: TCP, a proxy's tunnel and TLS where asked, WebSocket.
struct HubConnector: Sendable {
    /// TCP_NOTSENT_LOWAT: what lies unsent in the kernel can no longer be overtaken by an alarm (Linux, tcp(7)).
    private static let notSentLowWater = NIOBSDSocket.Option(rawValue: 25)

    let eventLoop: any EventLoop
    /// Nil where no hub is spoken to over TLS.
    let tls: ClientContexts?
    let proxy: UplinkConfiguration.Proxy?

    init(_ configuration: UplinkConfiguration, eventLoop: any EventLoop) throws(UplinkFault) {
        self.eventLoop = eventLoop
        proxy = configuration.proxy
        guard configuration.hubs.contains(where: \.secure) else {
            tls = nil
            return
        }
        let contexts = ClientContexts(configuration.trust, own: configuration.own, proven: configuration.proven)
        do throws(TLSFault) {
            try contexts.load()
        } catch {
            throw .certificates(error)
        }
        tls = contexts
    }

    /// Opens a connection whose pipeline ends in `handler`; its future fails when there is no WebSocket at the end.
    ///
    /// - Parameter began: called with the channel when TCP stands, so that it can be closed from then on.
    func connect<Handler: ChannelInboundHandler & SendableMetatype>(
        _ hub: UplinkConfiguration.Hub,
        counter: @escaping @Sendable () -> TrafficHandler,
        handler: @escaping @Sendable () -> Handler,
        began: @escaping @Sendable (any Channel) -> Void
    ) -> EventLoopFuture<any Channel> {
        tcp(to: hub).flatMap { channel in
            began(channel)
            return channel.eventLoop.makeCompletedFuture { try self.tunnel(channel, to: hub) }
                .flatMap(\.self)
                .flatMapThrowing { try self.upgrade(channel, hub, counter: counter, handler: handler) }
                .flatMap(\.self)
                .map { channel }
                .flatMapErrorThrowing { error in
                    channel.close(promise: nil)
                    throw error
                }
        }
    }

    /// Connects to the proxy, or else straight to the hub.
    private func tcp(to hub: UplinkConfiguration.Hub) -> EventLoopFuture<any Channel> {
        let connected = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(LinkMachine.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.tcpOption(Self.notSentLowWater), value: 16 << 10)
            .channelOption(.writeBufferWaterMark, value: .init(low: 8 << 10, high: 32 << 10))
            .connect(host: proxy?.host ?? hub.host, port: proxy?.port ?? hub.port)
        guard let proxy else { return connected }
        return connected.flatMapErrorThrowing { throw ProxyFault.unreachable(proxy, $0) }
    }

    private func tunnel(_ channel: any Channel, to hub: UplinkConfiguration.Hub) throws -> EventLoopFuture<Void> {
        guard let proxy else { return channel.eventLoop.makeSucceededVoidFuture() }
        return try ProxyTunnel.open(channel, proxy, to: hub.name)
    }

    private func upgrade<Handler: ChannelInboundHandler & SendableMetatype>(
        _ channel: any Channel,
        _ hub: UplinkConfiguration.Hub,
        counter: @Sendable () -> TrafficHandler,
        handler: @escaping @Sendable () -> Handler
    ) throws -> EventLoopFuture<Void> {
        if hub.secure, let tls {
            // RFC 6066 section 3: no IP addresses in server_name; the certificate is then held against the address.
            let isAddress = (try? SocketAddress(ipAddress: hub.host, port: hub.port)) != nil
            let handlers = try tls.handlers(hub.name, serverName: isAddress ? nil : hub.host)
            try channel.pipeline.syncOperations.addHandlers(handlers)
        }
        try channel.pipeline.syncOperations.addHandler(counter())
        let upgrader = NIOTypedWebSocketClientUpgrader<Void>(maxFrameSize: FrameLimits.frameBytes) { channel, _ in
            channel.eventLoop.makeCompletedFuture { try Self.speakFrames(channel, handler()) }
        }
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: hub.path)
        head.headers.add(name: "Host", value: hub.name)
        let upgrade = NIOTypedHTTPClientUpgradeConfiguration<Void>(
            upgradeRequestHead: head,
            upgraders: [upgrader]
        ) { channel in
            let refused = channel.eventLoop.makePromise(of: Void.self)
            return channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(RefusalHandler(refused))
            }
            .flatMap { refused.futureResult }
        }
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
            configuration: .init(upgradeConfiguration: upgrade)
        )
    }

    private static func speakFrames(_ channel: any Channel, _ handler: some ChannelInboundHandler) throws {
        let aggregator = NIOWebSocketFrameAggregator(
            minNonFinalFragmentSize: 1,
            maxAccumulatedFrameCount: 1_024,
            maxAccumulatedFrameSize: FrameLimits.frameBytes
        )
        try channel.pipeline.syncOperations.addHandlers(aggregator, handler)
    }
}
