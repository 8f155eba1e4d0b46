// SPDX-License-Identifier: Apache-2.0

import Keys
package import Logging
package import NIOCore
import ServiceLifecycle
package import Storage
import Synchronization

/// Drives the link to the hub: connects, sends what the store holds in lane order, acknowledges, resumes, paces.
package final class Uplink: Service {
    private let configuration: UplinkConfiguration
    private let source: LaneSource
    private let sealing: AgentSealing?
    private let eventLoop: any EventLoop
    private let batching: any SerialExecutor
    private let logger: Logger
    private let shared = SharedStatistics()
    /// Reads certificates and sealing keys, and tries again to connect, while it runs.
    private let reloading = Mutex<(@Sendable () -> Void)?>(nil)
    private let isCommitSignalled = Atomic<Bool>(false)

    /// - Parameters:
    ///   - sealing: seals everything for these recipients; nil seals nothing.
    ///   - eventLoop: where the link lives.
    ///   - batching: where batches are made; best where the store is read.
    package convenience init(
        _ configuration: UplinkConfiguration,
        store: AgentStore,
        sealing: AgentSealing? = nil,
        eventLoop: any EventLoop,
        batching: any SerialExecutor,
        logger: Logger
    ) {
        self.init(
            configuration,
            source: LaneSource(store),
            sealing: sealing,
            eventLoop: eventLoop,
            batching: batching,
            logger: logger
        )
    }

    /// For tests, which script the lanes.
    package init(
        _ configuration: UplinkConfiguration,
        source: LaneSource,
        sealing: AgentSealing? = nil,
        eventLoop: any EventLoop,
        batching: any SerialExecutor,
        logger: Logger
    ) {
        self.configuration = configuration
        self.source = source
        self.sealing = sealing
        self.eventLoop = eventLoop
        self.batching = batching
        self.logger = logger
    }

    /// Runs until graceful shutdown; then sends what fits in the time that the configuration allows.
    package func run() async throws {
        if let problem = configuration.problem { throw UplinkFault.configuration(problem) }
        let connector = try HubConnector(configuration, eventLoop: eventLoop)
        let primers = PrimerCycle(configuration.primers, primers: source.primers)
        let maker = BatchMaker(
            source,
            limit: configuration.batchLimit,
            primers: primers,
            executor: batching
        )
        await drive(connector, maker, primers)
    }

    /// Reads certificates and sealing keys again: the connection that there is goes on, sealed for whom the file names now;
    /// the next one goes by the certificates that are new.
    package func reload() {
        reloading.withLock(\.self)?()
    }

    private func reload(_ contexts: ClientContexts) {
        do throws(TLSFault) {
            try contexts.load()
            logger.info("read the certificates for hubs again")
        } catch {
            logger.error("the certificates for hubs stay as they were: \(error)")
        }
    }

    private func reloadRecipients() {
        guard let sealing else { return }
        do throws(KeyFault) {
            try sealing.recipients.load()
            logger.info("read the sealing keys of hubs again")
        } catch {
            logger.error("the sealing keys of hubs stay as they were: \(error)")
        }
    }

    package func statistics() -> UplinkStatistics {
        var figures = shared.snapshot
        figures.believedHubs = configuration.proven?.believed ?? 0
        return figures
    }

    private func drive(_ connector: HubConnector, _ maker: BatchMaker, _ primers: PrimerCycle) async {
        // One question of each kind is under way at a time. What is urgent is asked beside the rest.
        let (requests, askBatch) = AsyncStream.makeStream(of: BatchRequest.self, bufferingPolicy: .bufferingNewest(1))
        let (urgent, askUrgent) = AsyncStream.makeStream(of: BatchRequest.self, bufferingPolicy: .bufferingNewest(1))
        let seed = UInt64.random(in: .min ... .max)
        let submitted = eventLoop.submit { [self] in
            let driver = LinkDriver(
                configuration,
                source: source,
                primers: primers,
                connector: connector,
                sealing: sealing,
                eventLoop: eventLoop,
                logger: logger,
                shared: shared,
                seed: seed,
                askBatch: { ($0.isUrgent ? askUrgent : askBatch).yield($0) }
            )
            return NIOLoopBound(driver, eventLoop: eventLoop)
        }
        guard let driver = try? await submitted.get() else { return }
        source.onCommit { [weak self] in self?.signalCommit(driver) }
        let contexts = connector.tls
        reloading.withLock {
            $0 = { [weak self, eventLoop] in
                if let contexts { self?.reload(contexts) }
                self?.reloadRecipients()
                eventLoop.execute {
                    driver.value.recipientsChanged()
                    // Who was turned away need not wait to be let in.
                    driver.value.routesChanged()
                }
            }
        }
        await withDiscardingTaskGroup { group in
            for stream in [urgent, requests] {
                group.addTask { [eventLoop] in
                    await maker.serve(stream) { answer in
                        eventLoop.execute { driver.value.batches(answer) }
                    }
                }
            }
            let watch = await RouteWatch.start(on: eventLoop) { [eventLoop] in
                eventLoop.execute { driver.value.routesChanged() }
            }
            await untilEnd(driver)
            watch?.close(promise: nil)
            askUrgent.finish()
            askBatch.finish()
        }
    }

    private func untilEnd(_ driver: NIOLoopBound<LinkDriver>) async {
        let eventLoop = eventLoop
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                let end = eventLoop.flatSubmit {
                    driver.value.start()
                    return driver.value.end
                }
                // The promise is only ever kept.
                try? await end.get()
            } onCancel: {
                eventLoop.execute { driver.value.abort() }
            }
        } onGracefulShutdown: {
            eventLoop.execute { driver.value.stop() }
        }
    }

    /// Many commits between two turns of the event loop are one signal.
    private func signalCommit(_ driver: NIOLoopBound<LinkDriver>) {
        guard !isCommitSignalled.exchange(true, ordering: .acquiringAndReleasing) else { return }
        eventLoop.execute { [self] in
            isCommitSignalled.store(false, ordering: .releasing)
            driver.value.committed()
        }
    }
}
