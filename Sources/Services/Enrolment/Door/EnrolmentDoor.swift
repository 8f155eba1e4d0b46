// SPDX-License-Identifier: Apache-2.0

import Glibc
import Keys
package import Logging
package import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Where nodes get certificates of the hub's authority: HTTP/1.1 over TLS 1.3, one request for each connection.
///
/// Everybody may connect, so that all is bounded: connections, their time and bytes, and wrong tokens.
package final class EnrolmentDoor: Service {
    /// Where it listens, and how much it takes.
    package struct Configuration: Sendable {
        package var host = "127.0.0.1"
        package var port = 7481
        /// The hub's state directory, with the authority in it.
        package var state: String
        /// At a time; more are closed at once.
        package var maximumConnections = 64
        /// For a connection, from its beginning to its end.
        package var deadline: Duration = .seconds(10)
        /// Wrong tokens from one network in ``window``, after which none of its tokens are looked at.
        package var maximumFailures = 5
        package var window: Duration = .seconds(60)

        package init(state: String) {
            self.state = state
        }
    }

    private let configuration: Configuration
    private let group: any EventLoopGroup
    private let logger: Logger
    private let core: DoorCore
    private let server = Mutex<(any Channel)?>(nil)

    package init(_ configuration: Configuration, group: any EventLoopGroup, logger: Logger) {
        self.configuration = configuration
        self.group = group
        self.logger = logger
        core = DoorCore(configuration, logger: logger)
    }

    /// Binds; throws an error that names the variable and what to do.
    ///
    /// - Returns: the bound port.
    package func start() async throws -> Int {
        try core.load()
        let name = "SLUICE_HUB_ENROL_LISTEN=\(configuration.host):\(configuration.port)"
        do {
            let channel = try await bootstrap().bind(host: configuration.host, port: configuration.port).get()
            server.withLock { $0 = channel }
            return channel.localAddress?.port ?? configuration.port
        } catch let error as IOError {
            throw CannotListen(description: "\(name): cannot listen: \(String(cString: strerror(error.errnoCode)))")
        }
    }

    /// Reads the authority and the hub's certificate again.
    package func reload() {
        do {
            try core.load()
        } catch {
            logger.error("the enrolment door stays as it was: \(error)")
        }
    }

    package func statistics() -> EnrolmentStatistics { core.statistics }

    package func run() async throws {
        // Ends by graceful shutdown; throws where the task is cancelled, which means the same here.
        try? await gracefulShutdown()
        try? await server.withLock { $0 }?.close().get()
        core.closeAll()
    }

    private func bootstrap() -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { [core, configuration] channel in
                guard core.enter(channel) else { return channel.close() }
                channel.eventLoop.scheduleTask(in: TimeAmount(configuration.deadline)) { channel.close(promise: nil) }
                return channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(core.handler())
                    try pipeline.addHandler(ByteAllowance(EnrolmentHandler.maximumBytes))
                    try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    try pipeline.addHandler(EnrolmentHandler(core))
                }
            }
    }

    /// The address is taken, or not of this machine.
    struct CannotListen: Error, CustomStringConvertible {
        var description: String
    }
}
