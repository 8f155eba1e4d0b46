// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Synchronization

/// Packs cold events into batches that are ready to be sent, a bounded piece at a time.
///
/// Reads and encodes on a thread and a connection of its own; only the finished batches go to the writer.
package actor StorePacker {
    nonisolated private let executor: any SerialExecutor
    nonisolated package var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// How long hubs are watched before it can be said how fast one drains the store.
    package static let patience: Duration = .seconds(10)

    /// What came of one step.
    package struct Outcome: Sendable, Equatable {
        /// Events that were packed.
        package var events = 0
        /// How long to rest before the next.
        package var rest: Duration
    }

    /// Time until it is looked again where there is nothing to do.
    private static let idlePause: Duration = .seconds(2)
    /// The same where no event has come since: a box that rests is to be let rest.
    private static let restingPause: Duration = .seconds(30)
    /// Rests between two pieces while devices publish, unless room is scarce.
    private static let patientPause: Duration = .milliseconds(500)
    /// Segments that gain nothing, before those are forgotten that are gone.
    private static let rememberedFailures = 1_024
    /// Devices that published within this time are thought to go on.
    private static let commitMemory: Duration = .seconds(1)

    private let shared: StoreShared
    private let limits: StoreLimits
    /// Bytes of a batch.
    private let limit: Int
    private let install: @Sendable (PackedPart) async -> Bool
    /// Nil once it is closed.
    private var connection: SQLiteConnection?
    private var drain = DrainRate()
    private var hopeless: Set<Int64> = []
    /// Events that had been taken when it was looked last.
    private var lastAppended: UInt64?

    init(
        _ connection: sending SQLiteConnection,
        shared: StoreShared,
        limits: StoreLimits,
        limit: Int,
        executor: any SerialExecutor,
        install: @escaping @Sendable (PackedPart) async -> Bool
    ) {
        self.connection = connection
        self.shared = shared
        self.limits = limits
        self.limit = limit
        self.executor = executor
        self.install = install
        _ = drain.sample(shared.state.withLock { $0.acknowledged }, at: .now)
    }

    /// Packs one piece, if there is one to be packed.
    package func step() async -> Outcome {
        let appended = shared.state.withLock { $0.appended }
        let idle = Outcome(rest: appended == lastAppended ? Self.restingPause : Self.idlePause)
        guard let connection else { return idle }
        lastAppended = appended
        let start = ContinuousClock.now
        let (plan, primer) = plan(at: start)
        guard let choice = plan.choice else { return idle }
        do throws(SQLiteError) {
            let packing = Packing(choice, connection, limits: limits, limit: limit, primer: primer)
            guard let part = try packing.part() else {
                hopeless.insert(choice.segment.id)
                return Outcome(rest: rest(after: ContinuousClock.now - start))
            }
            guard await install(part) else { return idle }
            return Outcome(
                events: Int(part.last - part.segment.first) + 1,
                rest: rest(after: ContinuousClock.now - start)
            )
        } catch {
            // Dropped meanwhile, or not to be read just now: the reader makes a gap of what is damaged.
            return idle
        }
    }

    /// Closes the connection.
    package func close() {
        connection = nil
    }

    private func plan(at now: ContinuousClock.Instant) -> (PackingPlan, Primer?) {
        let (index, acks, acknowledged, primer) = shared.state.withLock {
            ($0.index, $0.acks, $0.acknowledged, $0.newestPrimer)
        }
        if hopeless.count > Self.rememberedFailures {
            hopeless.formIntersection(index.lanes.flatMap { $0.sealed.map(\.id) })
        }
        let rate = drain.sample(acknowledged, at: now)
        let plan = PackingPlan(index: index, acks: acks, drainRate: rate, hopeless: hopeless)
        return (plan, primer)
    }

    private func rest(after work: Duration) -> Duration {
        let (lastAppend, used) = shared.state.withLock { ($0.lastAppend, $0.index.pages - $0.index.freePages) }
        let isServing = lastAppend.map { ContinuousClock.now - $0 < Self.commitMemory } ?? false
        let isCrowded = used > limits.databasePages * 3 / 4
        return isServing && !isCrowded ? max(work, Self.patientPause) : work
    }
}

extension StorePacker {
    /// What hubs acknowledge, over the last ten to twenty seconds.
    struct DrainRate {
        private static let span = StorePacker.patience

        private var older: (count: UInt64, time: ContinuousClock.Instant)?
        private var newer: (count: UInt64, time: ContinuousClock.Instant)?

        /// Events a second; nil when there were none.
        mutating func sample(_ count: UInt64, at now: ContinuousClock.Instant) -> Double? {
            if newer.map({ now - $0.time >= Self.span }) ?? true {
                older = newer
                newer = (count, now)
            }
            guard let start = older ?? newer, count > start.count else { return nil }
            return Double(count - start.count) / max(1, (now - start.time) / .seconds(1))
        }
    }
}
