// SPDX-License-Identifier: Apache-2.0

package import Events
import Glibc
import Keys
package import Logging
package import NIOCore
import ServiceLifecycle
import Synchronization

/// The MQTT broker: devices publish to it, local clients subscribe.
package final class MQTTBroker: Service {
    private struct Bound {
        var listener: Listener
        var channel: any Channel
    }

    private let configuration: BrokerConfiguration
    private let group: any EventLoopGroup
    private let core: BrokerCore
    private let contexts: ServerContexts?
    private let slots: HandshakeSlots
    private let bound = Mutex<[Bound]>([])

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
        slots = HandshakeSlots(maximum: configuration.maximumHandshakes)
        contexts = configuration.tls.map { ServerContexts($0, allowsTLS12: true, logger: logger) }
        core = BrokerCore(
            configuration,
            eventLoop: group.next(),
            access: AccessControl(configuration.access, logger: logger),
            logger: logger,
            memory: memory,
            now: now,
            ingest: ingest
        )
        core.restore()
    }

    /// Reads the files of access rules and certificates, and binds; throws an error that names what is in the way and
    /// what to do.
    ///
    /// - Returns: the bound port of plain TCP.
    package func start() async throws -> Int {
        guard bound.withLock(\.isEmpty) else { throw BrokerError.alreadyStarted }
        let listeners = try configuration.allListeners.map(listener)
        try core.access.load()
        try contexts?.load(isFirst: true)
        warnOfUselessRules()
        allowSockets()
        for listener in listeners {
            do {
                let channel = try await listener.bind(group: group)
                bound.withLock { $0.append(Bound(listener: listener, channel: channel)) }
            } catch {
                await closeListeners()
                throw error
            }
            let configuration = listener.configuration
            core.logger.info(
                "listening for \(configuration.speech)",
                metadata: ["address": "\(address(of: configuration))"]
            )
        }
        core.startSystemTopics()
        return port(of: configuration.listenVariable) ?? configuration.port
    }

    /// The bound port of the listener that a variable sets; nil before the start, and of a unix socket.
    package func port(of variable: String) -> Int? {
        bound.withLock { $0.first { $0.listener.configuration.variable == variable }?.channel.localAddress?.port }
    }

    /// Reads certificates, passwords and access rules again.
    ///
    /// Nobody is disconnected: new connections get what is new, and what clients publish, subscribe to and are sent goes
    /// by the new rules from then on. A file that cannot be used is complained of, and what held before goes on to hold.
    package func reload() {
        do throws(AccessFault) {
            try core.access.load()
            core.logger.info("read passwords and access rules again")
        } catch {
            core.logger.error("passwords and access rules stay as they were: \(error)")
        }
        guard let contexts else { return }
        do throws(TLSFault) {
            try contexts.load(isFirst: false)
            core.logger.info("read the certificate again")
        } catch {
            core.logger.error("the certificate stays as it was: \(error)")
        }
    }

    /// Serves until graceful shutdown: stops accepting, answers what was read, closes.
    package func run() async throws {
        if bound.withLock(\.isEmpty) { _ = try await start() }
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

    private func listener(_ configuration: ListenerConfiguration) throws(BrokerError) -> Listener {
        let access = self.configuration.access
        let asksCertificates = configuration.usesTLS && self.configuration.tls?.clientAuthorities != nil
        let asks = asksCertificates || access.passwordFile != nil
        guard configuration.isLocal || asks || access.allowsAnonymous else {
            throw .notLoopback(address: configuration.address, variable: configuration.variable)
        }
        guard !configuration.usesTLS || contexts != nil else {
            throw .certificateMissing(variable: configuration.variable)
        }
        return Listener(
            configuration: configuration,
            core: core,
            entrance: Entrance(
                allowsAnonymous: access.allowsAnonymous || (!asks && configuration.isLocal),
                usesCertificates: asksCertificates
            ),
            contexts: contexts,
            slots: slots
        )
    }

    /// With the port that was bound where any was asked for.
    private func address(of configuration: ListenerConfiguration) -> String {
        guard case .address(let host, _) = configuration.place, let port = port(of: configuration.variable) else {
            return configuration.address
        }
        return "\(host):\(port)"
    }

    /// Rules for names that nobody checks hold for nobody.
    private func warnOfUselessRules() {
        guard core.access.rulesNameUsers, configuration.access.passwordFile == nil,
            configuration.tls?.clientAuthorities == nil
        else { return }
        core.logger.warning(
            "access rules for users hold for nobody: without SLUICE_MQTT_PASSWORD_FILE every client is anonymous",
            metadata: ["file": "\(configuration.access.listFile ?? "")"]
        )
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

    private func closeListeners() async {
        let listeners = bound.withLock { bound in
            defer { bound.removeAll() }
            return bound
        }
        for one in listeners {
            try? await one.channel.close()
            if case .socket(let path) = one.listener.configuration.place { unlink(path) }
        }
    }

    private func stop() async {
        await closeListeners()
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
