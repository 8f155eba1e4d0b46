// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Keys
package import Logging
package import NIOCore
import NIOPosix
import ServiceLifecycle
package import Storage
import Synchronization

/// The hub's end of the links: takes agents' frames, puts parts together, decodes, lands, acknowledges.
package final class Reception: Service {
    private let configuration: ReceptionConfiguration
    let group: any EventLoopGroup
    private let logger: Logger
    let core: ReceptionCore
    /// Nil where TLS is not spoken.
    let contexts: ServerContexts?
    private let server = Mutex<(any Channel)?>(nil)

    package convenience init(
        _ configuration: ReceptionConfiguration,
        log: HubLog,
        sealing: HubSealing? = nil,
        group: any EventLoopGroup,
        logger: Logger
    ) {
        self.init(configuration, log: LogPort(log), sealing: sealing, group: group, logger: logger)
    }

    /// For tests: with a log that may be slow, full or failing, and batches of any kind.
    package init(
        _ configuration: ReceptionConfiguration,
        log: LogPort,
        sealing: HubSealing? = nil,
        group: any EventLoopGroup,
        logger: Logger,
        opening: @escaping @Sendable (Int) -> BatchInspector.Opener = BatchInspector.opening
    ) {
        self.configuration = configuration
        self.group = group
        self.logger = logger
        contexts = configuration.tls.map { ServerContexts($0, logger: logger) }
        core = ReceptionCore(configuration, log: log, sealing: sealing, opening: opening, logger: logger)
    }

    /// Binds; throws an error that names the address and what to do.
    ///
    /// - Returns: the bound port.
    package func start() async throws -> Int {
        let name = "\(configuration.host):\(configuration.port)"
        let address: SocketAddress
        do {
            address = try SocketAddress.makeAddressResolvingHost(configuration.host, port: configuration.port)
        } catch {
            throw ReceptionError.cannotListen(name, reason: "the host name is not known")
        }
        guard configuration.checksAgents || configuration.insecure || address.isLoopback else {
            throw ReceptionError.notLoopback(name)
        }
        try contexts?.load(isFirst: true)
        do {
            let channel = try await bootstrap().bind(to: address).get()
            server.withLock { $0 = channel }
            return channel.localAddress?.port ?? configuration.port
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw ReceptionError.addressInUse(name)
        } catch let error as IOError {
            throw ReceptionError.cannotListen(name, reason: String(cString: strerror(error.errnoCode)))
        }
    }

    /// The key that agents are shown over TLS, as SLUICE_HUB_PIN names it; nil without TLS.
    package var pin: String? { contexts?.pin }

    /// Reads the certificate and the sealing keys again: no agent is disconnected, and those that come get the new ones.
    package func reload() {
        reloadRevoked()
        if let contexts {
            do throws(TLSFault) {
                try contexts.load(isFirst: false)
                logger.info("read the certificate again")
            } catch {
                logger.error("the certificate stays as it was: \(error)")
            }
        }
        guard let keys = core.sealing?.keys else { return }
        do throws(KeyFault) {
            try keys.load()
            logger.info("read the sealing keys again")
        } catch {
            logger.error("the sealing keys stay as they were: \(error)")
        }
    }

    /// Serves until graceful shutdown: stops accepting, lands and acknowledges what was read, closes.
    package func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask { [core] in await Self.greet(core) }
            // Ends by graceful shutdown; throws where the task is cancelled, which means the same here.
            try? await gracefulShutdown()
            await stop()
        }
    }

    package func statistics() -> ReceptionStatistics { core.statistics() }

    /// Names of the nodes that are connected.
    package var connectedNodes: [String] { core.directory.nodes }

    /// Greets each agent in a task of its own: one that waits for the disk does not hold up the next.
    private static func greet(_ core: ReceptionCore) async {
        await withDiscardingTaskGroup { group in
            for await greeting in core.greetings {
                group.addTask {
                    let result: Result<AgentConnectionHandler.Greeted, StoreError>
                    do throws(StoreError) {
                        let landed = try await core.log.greet(greeting.introduction)
                        let introduction = greeting.introduction
                        let primers = try await core.log.primers(introduction.node, introduction.primers)
                        result = .success((landed, primers))
                    } catch {
                        result = .failure(error)
                    }
                    greeting.peer.tell { $0.greeted(result) }
                }
            }
        }
    }

    private func stop() async {
        // An error here means that it is closed already.
        try? await server.withLock { $0 }?.close().get()
        let loop = group.next()
        let timeout = loop.scheduleTask(in: TimeAmount(configuration.stopTimeout)) { [core] in core.closeAll() }
        try? await core.drain(on: loop).get()
        timeout.cancel()
        core.finishGreetings()
    }
}
