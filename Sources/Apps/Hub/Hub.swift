// SPDX-License-Identifier: Apache-2.0

package import Broker
package import Enrolment
import Keys
import Landing
package import Logging
package import NIOCore
import Notary
package import Reception
package import ServiceLifecycle
import Startup
package import Storage

/// The hub, put together: reception lands what agents send, a landing hands it on to the broker's subscribers.
package struct Hub: Sendable {
    package let log: HubLog
    package let reception: Reception
    package let broker: MQTTBroker
    /// Nil where no certificates are issued.
    package let door: EnrolmentDoor?
    /// Where agents connect; the configured port unless that was 0.
    package let port: Int
    /// Where subscribers connect; the configured port unless that was 0.
    package let mqttPort: Int
    /// Where nodes get certificates; the configured port unless that was 0.
    package let doorPort: Int?
    /// In the order in which they are started; they are stopped last first.
    package let services: [any Service]

    /// The socket that `status` asks, in a state directory.
    package static func socketPath(in directory: String) -> String { "\(directory)/sluice.sock" }

    /// Opens the log, listens for agents and subscribers, and answers `status`; `services` still have to be run.
    package static func start(
        _ configuration: HubConfiguration,
        group: any EventLoopGroup,
        logger: Logger
    ) async throws -> Hub {
        let socketPath = socketPath(in: configuration.log.directory)
        try ControlSocket.check(path: socketPath)
        let log = try HubLog.open(configuration.log, randomID: { UInt64.random(in: 1...UInt64.max) }, logger: logger)
        do {
            let hub = try await Hub(configuration, log: log, socketPath: socketPath, group: group, logger)
            logger.info(
                "started",
                metadata: [
                    "agents": "\(configuration.reception.host):\(hub.port)",
                    "key": "\(hub.reception.pin ?? "none: no TLS")",
                    "mqtt": "\(configuration.broker.host):\(hub.mqttPort)",
                    "state": "\(configuration.log.directory)",
                    "events": "\(log.statistics().events)",
                ]
            )
            return hub
        } catch {
            await log.close()
            throw error
        }
    }

    /// Reads the files again that may change while it runs.
    package func reload() {
        broker.reload()
        reception.reload()
        door?.reload()
    }

    private init(
        _ configuration: HubConfiguration,
        log: HubLog,
        socketPath: String,
        group: any EventLoopGroup,
        _ logger: Logger
    ) async throws {
        let directory = configuration.log.directory
        let sealing = HubSealing(
            keys: try SealKeyStore(file: configuration.sealKeyFile, stateDirectory: directory).openOrMake(),
            nodes: try KnownNodes(path: "\(directory)/\(KnownNodes.fileName)"),
            isRequired: configuration.requiresSealing
        )
        var receiving = configuration.reception
        let authority = AuthorityFiles(state: directory)
        receiving.revoked = try RevokedCertificates(path: authority.revoked.path)
        let reception = Reception(receiving, log: log, sealing: sealing, group: group, logger: logger)
        let broker = MQTTBroker(configuration.broker, group: group, logger: logger) { _, _, answer in
            answer(.refused(reason: "a hub hands on what its agents send: publish to an agent"))
        }
        let notary = try configuration.signs ? Self.notary(configuration, log, logger) : nil
        let landing = MQTTLanding(log: log, logger: logger) { await broker.deliver($0) }
        mqttPort = try await broker.start()
        port = try await reception.start()
        let door = configuration.door.map { EnrolmentDoor($0, group: group, logger: logger) }
        doorPort = try await door?.start()
        let control = try await ControlSocket(path: socketPath, group: group) { request in
            let status = HubStatus(log: log, reception: reception, broker: broker, notary: notary, door: door)
            return switch request {
            case "status": status.json
            case "table": status.table.split(separator: "\n").joined(separator: "\t")
            case "revoked": Self.revoked(reception)
            default: #"{"error":"unknown request"}"#
            }
        }
        self.log = log
        self.reception = reception
        self.broker = broker
        self.door = door
        let supervision = Supervision(stopTimeout: configuration.stopTimeout, logger: logger) {
            HubStatus(log: log, reception: reception, broker: broker, notary: notary, door: door).line
        } proof: {
            await log.answer()
            await group.answer()
        }
        services =
            [StoreService(log)] + [notary].compactMap(\.self) + [control, broker, landing, reception]
            + [door as (any Service)?, supervision].compactMap(\.self)
    }

    /// What `sluice-hub ca revoke` asks for: a small file is read.
    private static func revoked(_ reception: Reception) -> String {
        reception.reloadRevoked()
        return "done"
    }

    private static func notary(_ configuration: HubConfiguration, _ log: HubLog, _ logger: Logger) throws -> Notary {
        try Notary(
            directory: configuration.log.directory,
            log: log,
            logID: UInt64.random(in: 1...UInt64.max),
            logger: logger
        )
    }
}
