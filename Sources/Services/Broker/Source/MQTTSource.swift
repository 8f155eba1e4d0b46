// SPDX-License-Identifier: Apache-2.0

package import Logging
import MQTT
package import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Synchronization

/// A durable subscriber of a broker that is already there: its messages become events, and are acknowledged to it only
/// once they are in the store.
package final class MQTTSource: Service {
    private let configuration: SourceConfiguration
    private let group: any EventLoopGroup
    private let logger: Logger
    private let now: @Sendable () -> Int64
    private let ingest: Ingest
    private let tls: NIOSSLContext?
    /// Tells the present connection to end.
    private let stopping = Mutex<(@Sendable () -> Void)?>(nil)
    private let isStopped = Atomic(false)
    private let tally: SourceTally

    /// - Throws: when the certificates cannot be read.
    package init(
        _ configuration: SourceConfiguration,
        group: any EventLoopGroup,
        logger: Logger,
        now: @escaping @Sendable () -> Int64 = WallClock.milliseconds,
        ingest: @escaping Ingest
    ) throws {
        self.configuration = configuration
        self.group = group
        self.logger = logger
        self.now = now
        self.ingest = ingest
        tally = SourceTally(address: "\(configuration.host):\(configuration.port)")
        guard configuration.usesTLS else {
            tls = nil
            return
        }
        var settings = TLSConfiguration.makeClientConfiguration()
        settings.curves = [.x25519_MLKEM768, .x25519, .secp256r1]
        if let file = configuration.caFile { settings.trustRoots = .file(file) }
        tls = try NIOSSLContext(configuration: settings)
    }

    /// Serves until graceful shutdown, connecting again whenever the connection ends.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await work()
        } onGracefulShutdown: {
            self.stop()
        }
    }

    package func statistics() -> SourceStatistics {
        tally.statistics
    }

    private func stop() {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        stopping.withLock { $0 }?()
    }

    private func work() async {
        var version = MQTTVersionChoice()
        var delay = Self.firstDelay
        var lastReason = ""
        while !isStopped.load(ordering: .sequentiallyConsistent), !Task.isCancelled {
            let ending = await attempt(version)
            if isStopped.load(ordering: .sequentiallyConsistent) { return }
            tally.ended(ending.reason)
            version.learn(from: ending)
            delay = ending.wasConnected ? Self.firstDelay : min(delay * 2, Self.longestDelay)
            if ending.reason != lastReason || ending.wasConnected {
                logger.warning(
                    "the source cannot be read: trying again",
                    metadata: ["source": "\(tally.statistics.address)", "reason": "\(ending.reason)"]
                )
            }
            lastReason = ending.reason
            try? await Task.sleep(for: delay)
        }
    }

    private static let firstDelay: Duration = .milliseconds(100)
    private static let longestDelay: Duration = .seconds(2)

    /// One connection, from its beginning to its end.
    private func attempt(_ version: MQTTVersionChoice) async -> SourceEnding {
        let eventLoop = group.next()
        let ended = eventLoop.makePromise(of: SourceEnding.self)
        do {
            let password = try password()
            let channel = try await bootstrap(version, password, ended, on: eventLoop)
                .connect(host: configuration.host, port: configuration.port).get()
            stopping.withLock { stopping in
                stopping = {
                    eventLoop.execute {
                        guard let handler = try? channel.pipeline.syncOperations.handler(type: SourceHandler.self)
                        else { return channel.close(promise: nil) }
                        handler.stop()
                    }
                    // What does not become durable in time comes again.
                    eventLoop.scheduleTask(in: .init(self.configuration.timeout)) { channel.close(promise: nil) }
                }
            }
            if isStopped.load(ordering: .sequentiallyConsistent) { stop() }
            defer { stopping.withLock { $0 = nil } }
            return try await ended.futureResult.get()
        } catch {
            // Nobody waits for it any more; where the connection stood, it has been told already.
            ended.succeed(SourceEnding(reason: ""))
            return SourceEnding(reason: "\(error)")
        }
    }

    private func password() throws(AccessFault) -> [UInt8]? {
        guard let path = configuration.passwordFile else { return nil }
        return try AccessFile(path: path).bytes.split(separator: UInt8(ascii: "\n")).first.map(Array.init) ?? []
    }

    private func bootstrap(
        _ version: MQTTVersionChoice,
        _ password: [UInt8]?,
        _ ended: EventLoopPromise<SourceEnding>,
        on eventLoop: any EventLoop
    ) -> ClientBootstrap {
        let (configuration, tls, logger, now, ingest) = (configuration, tls, logger, now, ingest)
        let tally = tally
        return ClientBootstrap(group: eventLoop)
            .connectTimeout(.init(configuration.timeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        // A certificate is checked against an address by the address, not by SNI (RFC 6066 section 3).
                        let isAddress = (try? SocketAddress(ipAddress: configuration.host, port: 0)) != nil
                        let host = isAddress ? nil : configuration.host
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: tls, serverHostname: host)
                        )
                    }
                    let handler = SourceHandler(
                        configuration,
                        password: password,
                        version: version.next,
                        subscribesAlways: version.isFirst || version.next == .v5,
                        logger: logger,
                        tally: tally,
                        now: now,
                        ended: ended,
                        ingest: ingest
                    )
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
    }
}
