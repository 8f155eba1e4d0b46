// SPDX-License-Identifier: Apache-2.0

package import Events
import Glibc
package import Logging
package import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// The MQTT listener: devices publish to it, local clients subscribe.
package final class MQTTBroker: Service {
    private let configuration: BrokerConfiguration
    private let group: any EventLoopGroup
    private let core: BrokerCore
    private let listener = Mutex<(any Channel)?>(nil)

    /// - Parameters:
    ///   - memory: where sessions and retained messages are kept; nil keeps none beyond a connection.
    ///   - now: milliseconds since 1970 at the arrival of an event.
    ///   - ingest: takes what devices publish.
    package init(
        _ configuration: BrokerConfiguration,
        group: any EventLoopGroup,
        logger: Logger,
        memory: BrokerMemory? = nil,
        now: @escaping @Sendable () -> Int64 = WallClock.milliseconds,
        ingest: @escaping Ingest
    ) {
        self.configuration = configuration
        self.group = group
        core = BrokerCore(
            configuration,
            eventLoop: group.next(),
            access: AccessControl(AccessConfiguration(), logger: logger),
            logger: logger,
            memory: memory,
            now: now,
            ingest: ingest
        )
        core.restore()
    }

    /// Binds; throws an error that names the address and what to do when it is in use or not allowed.
    ///
    /// - Returns: the bound port.
    package func start() async throws -> Int {
        guard listener.withLock({ $0 == nil }) else { throw BrokerError.alreadyStarted }
        try checkHost()
        allowSockets()
        let channel = try await bind()
        listener.withLock { $0 = channel }
        core.startSystemTopics()
        let port = channel.localAddress?.port ?? configuration.port
        core.logger.info("listening for MQTT", metadata: ["address": "\(configuration.host):\(port)"])
        return port
    }

    /// Serves until graceful shutdown: stops accepting, answers what was read, closes.
    package func run() async throws {
        if listener.withLock({ $0 == nil }) { _ = try await start() }
        // Cancellation ends the wait as well; the stop below is bounded either way.
        try? await gracefulShutdown()
        await stop()
    }

    /// Delivers events to subscribers: what a hub landed.
    ///
    /// Returns when the subscribers' queues have room again.
    package func deliver(_ block: EventBlock) async {
        guard core.hasSubscriptions else { return }
        let targets = core.route(block, from: nil, retains: false).direct
        guard !targets.isEmpty else { return }
        await withCheckedContinuation { continuation in
            let round = DeliveryRound(subscribers: targets.count, continuation)
            for (subscriber, picks) in targets {
                subscriber.execute { $0.deliver(block, picks, whenDone: round.finishOne) }
            }
        }
    }

    package func statistics() -> BrokerStatistics {
        core.statistics()
    }

    private var address: String { "\(configuration.host):\(configuration.port)" }

    private func checkHost() throws {
        let host = configuration.host
        let isLoopback = host == "localhost" || host == "::1" || host == "[::1]" || host.hasPrefix("127.")
        guard isLoopback || configuration.insecure else {
            throw BrokerError.notLoopback(address: address, variable: configuration.listenVariable)
        }
    }

    private func allowSockets() {
        // Files of the store and connections to hubs need some as well.
        let wanted = configuration.maximumConnections + 512
        let allowed = FileDescriptors.allow(wanted)
        guard allowed < wanted else { return }
        core.logger.notice(
            "fewer connections are possible than configured: raise LimitNOFILE",
            metadata: ["open_files": "\(allowed)", "wanted": "\(wanted)"]
        )
    }

    private func bind() async throws -> any Channel {
        let core = core
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        BrokerConnection(core: core, entrance: Entrance(allowsAnonymous: true))
                    )
                }
            }
        do {
            let host = configuration.host.filter { $0 != "[" && $0 != "]" }
            return try await bootstrap.bind(host: host, port: configuration.port).get()
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw BrokerError.addressInUse(address: address, variable: configuration.listenVariable)
        } catch {
            throw BrokerError.cannotListen(
                address: address,
                variable: configuration.listenVariable,
                reason: "\(error)"
            )
        }
    }

    private func stop() async {
        if let channel = listener.withLock({ $0 }) { try? await channel.close() }
        for connection in core.stop() { connection.execute { $0.stop() } }
        let limit = configuration.stopTimeout
        await withTaskGroup { group in
            group.addTask { for await _ in self.core.emptied {} }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        for connection in core.stop() { connection.execute { $0.abandon() } }
    }
}
