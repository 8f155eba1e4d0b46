// SPDX-License-Identifier: Apache-2.0

package import Broker
import Enrolment
import Events
import Keys
package import Logging
package import NIOCore
package import ServiceLifecycle
import Startup
package import Storage
package import Uplink

/// The agent, put together: devices publish to the broker, forwarding hands events to the store, the uplink drains it.
package struct Agent: Sendable {
    package let store: AgentStore
    package let broker: MQTTBroker
    package let uplink: Uplink
    package let board: StatusBoard
    /// Where devices connect; the configured port unless that was 0.
    package let mqttPort: Int
    /// In the order in which they are started; they are stopped last first.
    package let services: [any Service]

    /// The socket that `status` asks, in a state directory.
    package static func socketPath(in directory: String) -> String { "\(directory)/sluice.sock" }

    /// Opens the store, listens for devices, and answers `status`; `services` still have to be run.
    package static func start(
        _ configuration: AgentConfiguration,
        group: any EventLoopGroup,
        logger: Logger
    ) async throws -> Agent {
        let socketPath = socketPath(in: configuration.store.directory)
        try ControlSocket.check(path: socketPath)
        // Reading and making batches share it (decision 17).
        let reading = QuietThread()
        do {
            let agent = try await start(configuration, reading: reading, socketPath: socketPath, group: group, logger)
            logger.info(
                "started",
                metadata: [
                    "node": "\(agent.store.node)", "epoch": "\(agent.store.epoch.name)",
                    "mqtt": "\(agent.mqttAddress(configuration.broker))",
                    "hub": "\(configuration.uplink.hubs.map(\.name).joined(separator: ","))",
                    "state": "\(configuration.store.directory)",
                ]
            )
            return agent
        } catch {
            try? await reading.end()
            throw error
        }
    }

    private static func start(
        _ configuration: AgentConfiguration,
        reading: QuietThread,
        socketPath: String,
        group: any EventLoopGroup,
        _ logger: Logger
    ) async throws -> Agent {
        let store = try AgentStore.open(
            configuration.store,
            randomID: { UInt64.random(in: 1...UInt64.max) },
            reading: reading.executor,
            logger: logger
        )
        do {
            return try await Agent(configuration, store, reading: reading, socketPath: socketPath, group: group, logger)
        } catch {
            await store.close()
            throw error
        }
    }

    /// Reads the files again that may change while it runs.
    package func reload() {
        broker.reload()
        uplink.reload()
    }

    /// Whom to seal for, and as whom; a file that cannot be used must not pass for none.
    private static func sealing(_ configuration: AgentConfiguration) throws(KeyFault) -> AgentSealing? {
        guard let path = configuration.sealToFile else { return nil }
        return AgentSealing(
            recipients: try SealRecipients(path: path),
            node: try NodeKeys(directory: configuration.store.directory),
            keyPeriod: configuration.sealPeriod
        )
    }

    private func mqttAddress(_ broker: BrokerConfiguration) -> String {
        broker.listensPlain ? "\(broker.host):\(mqttPort)" : "off"
    }

    /// The uplink's settings, and what hubs have proved.
    private static func uplink(_ configuration: AgentConfiguration, _ logger: Logger) -> UplinkConfiguration {
        var uplink = configuration.uplink
        if uplink.hubs.contains(where: \.secure) {
            let path = configuration.store.directory + "/proven-hubs"
            uplink.proven = ProvenHubs(path: path, clock: configuration.store.clock, logger: logger)
        }
        return uplink
    }

    /// What renews the certificate in use; nil where the node has not enrolled for it, or no hub is spoken to over TLS.
    private static func renewal(
        _ configuration: AgentConfiguration,
        _ uplink: Uplink,
        _ group: any EventLoopGroup,
        _ logger: Logger
    ) -> CertificateRenewal? {
        let files = IdentityFiles(state: configuration.store.directory)
        guard configuration.uplink.own?.certificate == files.identity.path,
            let hub = configuration.uplink.hubs.first(where: \.secure)
        else { return nil }
        let client = EnrolmentClient(host: hub.host, port: configuration.enrolmentPort, group: group)
        return CertificateRenewal(
            files: files,
            enrolment: Enrolment(files, client),
            clock: configuration.store.clock,
            logger: logger,
            renewed: { uplink.reload() }
        )
    }

    private init(
        _ configuration: AgentConfiguration,
        _ store: AgentStore,
        reading: QuietThread,
        socketPath: String,
        group: any EventLoopGroup,
        _ logger: Logger
    ) async throws {
        let forwarding = Forwarding(configuration.forward) { block, changes, answer in
            store.append(block, changes: changes) { result in
                switch result {
                case .success: answer(.accepted)
                case .failure(let error): answer(.refused(reason: error.description))
                }
            }
        }
        let packing = PackingService(store: store, batchLimit: configuration.uplink.batchLimit)
        let uplink = Uplink(
            Self.uplink(configuration, logger),
            store: store,
            sealing: try Self.sealing(configuration),
            eventLoop: group.next(),
            batching: reading.executor,
            logger: logger
        )
        let broker = MQTTBroker(
            configuration.broker,
            group: group,
            logger: logger,
            memory: BrokerMemory(records: store.records, note: { store.note($0) }),
            now: configuration.now
        ) {
            forwarding.ingest($0, $1, $2)
        }
        let source = try configuration.source.map { settings in
            var settings = settings
            settings.clientID = "sluice-\(store.node)"
            return try MQTTSource(settings, group: group, logger: logger, now: configuration.now) {
                forwarding.ingest($0, $1, $2)
            }
        }
        let board = StatusBoard(
            .init(
                node: store.node,
                epoch: store.epoch.name,
                hasHub: !configuration.uplink.hubs.isEmpty,
                store: { store.statistics() },
                uplink: { uplink.statistics() },
                forwarding: { forwarding.counts },
                broker: { broker.statistics() },
                source: { source?.statistics() }
            )
        )
        mqttPort = try await broker.start()
        let control = try await ControlSocket(path: socketPath, group: group) { request in
            switch request {
            case "status": return board.look().json
            case "table": return board.look().table.split(separator: "\n").joined(separator: "\t")
            case "reload-link":
                // What `sluice keys` asks for: some small files are read.
                uplink.reload()
                return "done"
            case "wear": return board.wear().json
            case "wear-table": return board.wear().table.split(separator: "\n").joined(separator: "\t")
            default: return #"{"error":"unknown request"}"#
            }
        }
        self.store = store
        self.uplink = uplink
        self.broker = broker
        self.board = board
        let supervision = Supervision(stopTimeout: configuration.stopTimeout, logger: logger) {
            board.look().line
        } proof: {
            await store.answer()
            await group.answer()
        }
        services =
            [reading, StoreService(store), packing, uplink, board, control, broker]
            + [source as (any Service)?, Self.renewal(configuration, uplink, group, logger), supervision]
            .compactMap(\.self)
    }
}
