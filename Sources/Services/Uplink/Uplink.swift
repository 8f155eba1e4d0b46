// SPDX-License-Identifier: Apache-2.0

import Glibc
package import Logging
package import NIOCore
import NIOPosix
import ServiceLifecycle
package import Storage
import Synchronization

/// Drives the link to the hub: connects, sends what the store holds in lane order, acknowledges, resumes, paces.
package final class Uplink: Service {
    /// A tenth of the weight of a thread that answers devices (sched(7)).
    private static let batchingNice: CInt = 10

    private let configuration: UplinkConfiguration
    private let source: LaneSource
    private let eventLoop: any EventLoop
    private let logger: Logger
    private let shared = SharedStatistics()
    private let isCommitSignalled = Atomic<Bool>(false)

    package convenience init(
        _ configuration: UplinkConfiguration,
        store: AgentStore,
        eventLoop: any EventLoop,
        logger: Logger
    ) {
        self.init(configuration, source: LaneSource(store), eventLoop: eventLoop, logger: logger)
    }

    /// For tests, which script the lanes.
    package init(
        _ configuration: UplinkConfiguration,
        source: LaneSource,
        eventLoop: any EventLoop,
        logger: Logger
    ) {
        self.configuration = configuration
        self.source = source
        self.eventLoop = eventLoop
        self.logger = logger
    }

    /// Runs until graceful shutdown; then sends what fits in the time that the configuration allows.
    package func run() async throws {
        if let problem = configuration.problem { throw UplinkFault.configuration(problem) }
        let connector = try HubConnector(configuration, eventLoop: eventLoop)
        // Reading and encoding on a thread of its own (decision 17); a loop is the executor that is at hand.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        // Where cores are few, answers to devices go before what drains the backlog. On Linux a nice value is a thread's
        // own, and 0 means the calling one (setpriority(2)).
        group.next().execute { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.batchingNice) }
        let primers = PrimerCycle(configuration.primers, primers: source.primers)
        let maker = BatchMaker(
            source,
            limit: configuration.batchLimit,
            primers: primers,
            eventLoop: group.next()
        )
        await drive(connector, maker, primers)
        try await group.shutdownGracefully()
    }

    package func statistics() -> UplinkStatistics { shared.snapshot }

    private func drive(_ connector: HubConnector, _ maker: BatchMaker, _ primers: PrimerCycle) async {
        // One question of each kind is under way at a time, and one for each welcome of at most two connections. What is
        // urgent is asked beside the rest.
        let (lanes, askLanes) = AsyncStream.makeStream(of: UInt64?.self, bufferingPolicy: .bufferingOldest(8))
        let (requests, askBatch) = AsyncStream.makeStream(of: BatchRequest.self, bufferingPolicy: .bufferingNewest(1))
        let (urgent, askUrgent) = AsyncStream.makeStream(of: BatchRequest.self, bufferingPolicy: .bufferingNewest(1))
        let seed = UInt64.random(in: .min ... .max)
        let submitted = eventLoop.submit { [self] in
            let driver = LinkDriver(
                configuration,
                source: source,
                primers: primers,
                connector: connector,
                eventLoop: eventLoop,
                logger: logger,
                shared: shared,
                seed: seed,
                askLanes: { askLanes.yield($0) },
                askBatch: { ($0.isUrgent ? askUrgent : askBatch).yield($0) }
            )
            return NIOLoopBound(driver, eventLoop: eventLoop)
        }
        guard let driver = try? await submitted.get() else { return }
        source.onCommit { [weak self] in self?.signalCommit(driver) }
        await withDiscardingTaskGroup { group in
            group.addTask { [source, eventLoop] in
                for await hub in lanes {
                    let states = await source.lanes(hub)
                    eventLoop.execute { driver.value.lanes(states, hub: hub) }
                }
            }
            for stream in [urgent, requests] {
                group.addTask { [eventLoop] in
                    for await request in stream {
                        let answer = await maker.make(request)
                        eventLoop.execute { driver.value.batches(answer) }
                    }
                }
            }
            let watch = await RouteWatch.start(on: eventLoop) { [eventLoop] in
                eventLoop.execute { driver.value.routesChanged() }
            }
            await untilEnd(driver)
            watch?.close(promise: nil)
            askLanes.finish()
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
