// SPDX-License-Identifier: Apache-2.0

package import Broker
import Glibc
import ServiceLifecycle
import Startup
package import Storage
import Synchronization
package import Uplink

/// Watches the figures of store and uplink and makes the status from them.
package final class StatusBoard: Service {
    /// What the board looks at; closures, so that a test needs neither store nor link.
    package struct Sources: Sendable {
        package var node: String
        package var epoch: String
        package var hasHub: Bool
        package var store: @Sendable () -> StoreStatistics
        package var uplink: @Sendable () -> UplinkStatistics
        package var forwarding: @Sendable () -> Forwarding.Counts
        package var broker: @Sendable () -> BrokerStatistics?
        package var source: @Sendable () -> SourceStatistics?

        package init(
            node: String,
            epoch: String,
            hasHub: Bool,
            store: @escaping @Sendable () -> StoreStatistics,
            uplink: @escaping @Sendable () -> UplinkStatistics,
            forwarding: @escaping @Sendable () -> Forwarding.Counts,
            broker: @escaping @Sendable () -> BrokerStatistics? = { nil },
            source: @escaping @Sendable () -> SourceStatistics? = { nil }
        ) {
            self.node = node
            self.epoch = epoch
            self.hasHub = hasHub
            self.store = store
            self.uplink = uplink
            self.forwarding = forwarding
            self.broker = broker
            self.source = source
        }
    }

    private struct Meters {
        var arriving = RateMeter()
        var leaving = RateMeter()
        var arrivingBytes = RateMeter()
        var sampled: Duration?
        var counted: [UInt64] = []
    }

    /// Older than this, something waits that should not: the backlog drains.
    private static let staleSeconds = 2.0
    /// Time between two samples while events come or go, and while none do: a box that rests is to be let rest.
    private static let busyInterval: Duration = .seconds(1)
    private static let idleInterval: Duration = .seconds(30)
    /// Samples that follow each other closer than this would make a rate of a single event.
    private static let shortestInterval: Duration = .milliseconds(250)
    /// What a row takes beyond topic and payload: sequence, time, checksum, cell header and slack.
    private static let rowOverhead = 40.0

    private let sources: Sources
    private let meters = Mutex(Meters())
    private let start = StatusBoard.monotonicTime()

    package init(_ sources: Sources) {
        self.sources = sources
    }

    /// Samples the counters until the agent stops.
    package func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                let hasChanged = self.sample(at: Self.monotonicTime())
                try await Task.sleep(for: hasChanged ? Self.busyInterval : Self.idleInterval)
            }
        }
    }

    /// - Returns: whether events came or went since the sample before.
    @discardableResult
    package func sample(at time: Duration) -> Bool {
        let store = sources.store()
        let forwarding = sources.forwarding()
        return meters.withLock { meters in
            if let sampled = meters.sampled, time - sampled < Self.shortestInterval { return true }
            meters.sampled = time
            meters.arriving.sample(store.appended, at: time)
            meters.leaving.sample(store.acknowledged, at: time)
            meters.arrivingBytes.sample(forwarding.bytes, at: time)
            let counted = [store.appended, store.acknowledged, forwarding.bytes]
            defer { meters.counted = counted }
            return counted != meters.counted
        }
    }

    /// The status of this moment, with what came and went up to now.
    package func look() -> AgentStatus {
        sample(at: Self.monotonicTime())
        return status()
    }

    /// What events cost the flash up to this moment.
    package func wear() -> AgentWear {
        AgentWear(sources.store(), seconds: (Self.monotonicTime() - start) / .seconds(1))
    }

    /// - Parameter milliseconds: now, since 1970, by the clock that stamps events.
    package func status(atMilliseconds now: Int64? = nil) -> AgentStatus {
        let store = sources.store()
        let uplink = sources.uplink()
        var status = AgentStatus(state: .current)
        status.node = sources.node
        status.epoch = sources.epoch
        status.hub = uplink.hub
        status.add(store, atMilliseconds: now)
        status.writtenBytes = store.writtenBytes
        status.takenBytes = store.appendedBytes
        if uplink.acknowledgedEvents > 0 {
            status.linkBytesPerEvent =
                Double(uplink.bytesSent + uplink.bytesReceived) / Double(uplink.acknowledgedEvents)
        }
        status.primer = uplink.primer
        status.isSealed = uplink.isSealed
        status.refusedSeals = uplink.refusedSeals
        status.broker = sources.broker()
        status.source = sources.source()
        status.historicalEvents = uplink.historicalEvents
        status.believedHubs = uplink.believedHubs
        status.hubAckAgeSeconds = uplink.sinceLastAck.map { $0 / .seconds(1) }
        addRates(to: &status, store)
        (status.state, status.reason) = judge(store, uplink, oldestSeconds: status.oldestSeconds)
        return status
    }

    private func addRates(to status: inout AgentStatus, _ store: StoreStatistics) {
        let (arriving, leaving, bytes) = meters.withLock {
            ($0.arriving.perSecond, $0.leaving.perSecond, $0.arrivingBytes.perSecond)
        }
        status.inPerSecond = arriving
        status.outPerSecond = leaving
        guard let arriving, let bytes, arriving >= 0.01, store.maximumBytes > 0 else { return }
        // What comes will take what the events before it take by now, packed or not.
        let rate = (bytes + arriving * Self.rowOverhead) * store.density
        status.hoursLeft = Double(store.freeBytes) / rate / 3600
    }

    private func judge(
        _ store: StoreStatistics,
        _ uplink: UplinkStatistics,
        oldestSeconds: Double?
    ) -> (AgentStatus.State, String?) {
        if let trouble = store.trouble { return (.refusing, trouble) }
        guard sources.hasHub else { return (.noHub, nil) }
        if let trouble = uplink.trouble { return (.buffering, trouble) }
        return (oldestSeconds ?? 0) > Self.staleSeconds ? (.draining, nil) : (.current, nil)
    }

    private static func monotonicTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
