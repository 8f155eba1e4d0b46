// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Synchronization

/// What callers, writer and reader share, under one lock that is never held while anything is called or read.
final class StoreShared: Sendable {
    /// One append that waits for its commit.
    struct Write: Sendable {
        var block: EventBlock
        var changes: [StateChange] = []
        /// Changes that were noted before it, and after the one before it.
        var noted: [StateChange] = []
        /// What the clocks said, where that is to be recorded with this.
        var clock: ClockReading?
        var completion: @Sendable (Result<Void, StoreError>) -> Void

        /// What it costs to keep in memory and, about, to write.
        var weight: Int { block.byteCount + 64 * block.count + changes.reduce(0) { $0 + $1.weight } }

        /// Whether an alarm is among the events, or somebody waits for records alone: then what waits with them does not
        /// wait any longer.
        var isUrgent: Bool {
            block.records.contains { $0.eventClass == .alarm } || (block.isEmpty && !changes.isEmpty)
        }
    }

    /// What to do after an enqueue.
    enum Enqueued {
        /// The writer is at work and will find it.
        case waiting
        /// The writer sleeps: wake it.
        case wake
        /// The writer sleeps: wake it once others may have come.
        case wakeLater
        case refused(StoreError)
    }

    struct State {
        var index = StoreIndex()
        var acks: [Lane: LaneAcks] = [:]
        var queue: [Write] = []
        /// Weight of what waits or is being committed.
        var queuedBytes = 0
        /// Gaps to be recorded.
        var gaps: [Gap] = []
        /// Changes of records that nobody waits for, asked for after all that is in the queue.
        var noted: [StateChange] = []
        /// Says when a clock record is due.
        var watch: ClockWatch
        /// Clock records that a hub has, to be noted.
        var landedClocks: [(name: ClockAnnouncement.Name, hub: UInt64)] = []
        /// Primers to be written down in place of those that were; nil: as they are.
        var primers: [Primer]?
        /// The last of those that are kept.
        var newestPrimer: Primer?
        /// Whether the writer is at work or about to be.
        var isScheduled = false
        /// Whether the writer will be woken once the commit interval is over.
        var isDelayed = false
        /// Whether what waits is not to wait for the commit interval.
        var isUrgent = false
        /// Whether the writer will look after acknowledgements soon.
        var isTidying = false
        var isClosed = false
        /// Set when damage was met: nothing is written from there on.
        var damage: StoreError?
        var observers: [@Sendable () -> Void] = []
        var damageObservers: [@Sendable (StoreError) -> Void] = []
        var appended: UInt64 = 0
        /// Topic, attributes and payload bytes of those events.
        var appendedBytes: UInt64 = 0
        var acknowledged: UInt64 = 0
        /// When events were committed for the last time.
        var lastAppend: ContinuousClock.Instant?
        var commits: UInt64 = 0
        var trouble: String?
        /// By lane, the first event that waits and when it was taken.
        var oldest: [Lane: Oldest] = [:]

        init(_ watch: ClockWatch) {
            self.watch = watch
        }
    }

    /// When the first waiting event of a lane was taken.
    struct Oldest: Equatable {
        var sequence: UInt64
        var timestamp: Int64
    }

    let state: Mutex<State>
    /// How long events other than alarms wait for others.
    let commitInterval: Duration

    /// - Parameter clock: what the epoch's first clock record says.
    init(_ loaded: StoreDatabase.Loaded, clock: ClockReading, commitInterval: Duration = .zero) {
        self.commitInterval = commitInterval
        var state = State(ClockWatch(clock))
        state.index = loaded.index
        state.acks = loaded.acks
        state.newestPrimer = loaded.primers.last
        self.state = Mutex(state)
    }

    /// Puts an append in the queue, unless too much waits there.
    ///
    /// - Parameter reading: what the clocks say: a record of it goes with this write when one is due.
    func enqueue(_ write: consuming Write, at reading: ClockReading) -> Enqueued {
        var write = write
        return state.withLock { state in
            guard !state.isClosed else { return .refused(.unavailable("the store is closed")) }
            if let damage = state.damage { return .refused(damage) }
            guard state.queuedBytes == 0 || state.queuedBytes + write.weight <= StoreLimits.queueBytes else {
                return .refused(.unavailable("more events wait to be written than the queue may hold"))
            }
            if state.watch.isDue(reading) { write.clock = reading }
            swap(&write.noted, &state.noted)
            state.queuedBytes += write.weight
            state.queue.append(write)
            // Much that waits is a group of its own, and is not kept in memory for company.
            if commitInterval == .zero || write.isUrgent || state.queuedBytes >= StoreLimits.patientBytes {
                state.isUrgent = true
            }
            return state.schedule()
        }
    }

    /// Puts a clock record in the queue when one is due; nil when none is.
    func enqueueRecord(of reading: ClockReading) -> Enqueued? {
        state.withLock { state in
            guard !state.isClosed, state.watch.isDue(reading) else { return nil }
            state.queue.append(Write(block: EventBlock(), clock: reading, completion: { _ in }))
            if commitInterval == .zero { state.isUrgent = true }
            return state.schedule()
        }
    }

    /// What is to be committed.
    struct Taken {
        /// Empty: the writer may sleep.
        var writes: [Write] = []
        /// Whether there is something that has no hurry, to be asked for once the commit interval is over.
        var isLater = false
    }

    /// All that waits, if it is due.
    ///
    /// `spent` is an empty array whose memory is used again. `isDue`: the interval is over, or the store is closing.
    func takeQueue(reusing spent: consuming [Write], isDue: Bool) -> Taken {
        state.withLock { state in
            guard !state.queue.isEmpty, isDue || state.isUrgent else {
                state.isScheduled = false
                guard !state.queue.isEmpty, case .wakeLater = state.schedule() else { return Taken() }
                return Taken(isLater: true)
            }
            state.isUrgent = false
            let taken = Taken(writes: state.queue)
            state.queue = spent
            return taken
        }
    }

    /// The commit interval is over: the writer is at work from here on; false when it is already.
    func endDelay() -> Bool {
        state.withLock { state in
            state.isDelayed = false
            guard !state.isScheduled else {
                // It takes what waits with what it is about to take anyway.
                state.isUrgent = true
                return false
            }
            state.isScheduled = true
            return true
        }
    }

    /// Enters what a hub has; true when the writer must be told to look after it.
    func acknowledge(_ lane: Lane, _ landed: SequenceSet, hub: UInt64) -> Bool {
        state.withLock { state in
            guard let last = state.index[lane]?.last, !state.isClosed else { return false }
            let new = state.acks[lane, default: LaneAcks()].add(landed, hub: hub, upTo: last)
            state.acknowledged += new
            guard state.acks[lane]?.changed.isEmpty == false, !state.isTidying else { return false }
            state.isTidying = true
            return true
        }
    }

    /// Enters changes of records that nobody waits for; true when the writer must be told.
    func note(_ changes: [StateChange]) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.noted += changes
            defer { state.isTidying = true }
            return !state.isTidying
        }
    }

    /// The noted changes; none while writes wait that were asked for before them.
    func takeNoted() -> [StateChange] {
        state.withLock { state in
            guard !state.noted.isEmpty, state.queue.isEmpty else { return [] }
            defer { state.noted = [] }
            return state.noted
        }
    }

    /// Keeps changes that could not be written for the next time: they come before all that waits.
    func putBack(_ noted: [StateChange]) {
        guard !noted.isEmpty else { return }
        state.withLock { state in
            if state.queue.isEmpty {
                state.noted = noted + state.noted
            } else {
                state.queue[0].noted = noted + state.queue[0].noted
            }
        }
    }

    /// Enters a gap to be recorded; false when the store is closed.
    func giveUp(_ gap: Gap) -> Bool {
        state.withLock { state in
            guard !state.isClosed, !state.gaps.contains(gap) else { return false }
            state.gaps.append(gap)
            return true
        }
    }

    /// The index as of the last commit.
    var index: StoreIndex { state.withLock { $0.index } }

    /// What the writer's next transaction starts from.
    func snapshot() -> (index: StoreIndex, acks: [Lane: LaneAcks]) {
        state.withLock { ($0.index, $0.acks) }
    }

    /// Shows what was committed; returns what hubs have acknowledged meanwhile.
    func publish(_ next: StoreIndex, events: Int, bytes: Int, isTroubleOver: Bool) -> [Lane: LaneAcks] {
        state.withLock { state in
            state.index = next
            if isTroubleOver { state.trouble = nil }
            state.appended += UInt64(events)
            state.appendedBytes += UInt64(bytes)
            if events > 0 { state.lastAppend = .now }
            state.commits += 1
            return state.acks
        }
    }

    /// Enters that a hub has a clock record; true when the writer must be told.
    func acknowledge(_ name: ClockAnnouncement.Name, hub: UInt64) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.landedClocks.append((name, hub))
            defer { state.isTidying = true }
            return !state.isTidying
        }
    }

    /// Enters primers to be kept; true when the writer must be told.
    func keep(_ primers: [Primer]) -> Bool {
        state.withLock { state in
            guard !state.isClosed else { return false }
            state.primers = primers
            state.newestPrimer = primers.last
            defer { state.isTidying = true }
            return !state.isTidying
        }
    }

    /// What the writer is to write down beside events.
    struct Tidying {
        var gaps: [Gap] = []
        var primers: [Primer]?
        var clocks: [(name: ClockAnnouncement.Name, hub: UInt64)] = []
        /// Hubs whose acknowledgements have changed.
        var changed: [Lane: Set<UInt64>] = [:]
    }

    /// All that is to be written down beside events.
    func takeTidying() -> Tidying {
        state.withLock { state in
            state.isTidying = false
            var work = Tidying()
            swap(&work.gaps, &state.gaps)
            swap(&work.primers, &state.primers)
            swap(&work.clocks, &state.landedClocks)
            for (lane, acks) in state.acks where !acks.changed.isEmpty {
                work.changed[lane] = acks.changed
                state.acks[lane]?.changed = []
            }
            return work
        }
    }

    /// Keeps what could not be written down for the next time.
    func putBack(_ work: Tidying) {
        state.withLock { state in
            state.gaps = work.gaps + state.gaps
            state.primers = state.primers ?? work.primers
            state.landedClocks = work.clocks + state.landedClocks
            for (lane, hubs) in work.changed { state.acks[lane]?.changed.formUnion(hubs) }
        }
    }

    /// Notes that the writer will tidy soon; false when it was going to anyway.
    func beginTidying() -> Bool {
        state.withLock { state in
            defer { state.isTidying = true }
            return !state.isTidying
        }
    }

    /// What can be written before events are given up.
    func freeBytes(of limits: StoreLimits) -> Int64 {
        let used = state.withLock { $0.index.pages - $0.index.freePages }
        return max(0, limits.databasePages - used) * StoreLimits.pageSize
    }

    /// Figures for status.
    ///
    /// - Parameter reading: what the clocks say.
    func statistics(at reading: ClockReading) -> StoreStatistics {
        state.withLock { state in
            var figures = StoreStatistics()
            (figures.backlogEvents, figures.backlogBytes) = state.index.backlog(acks: state.acks)
            (figures.packedEvents, figures.density) = state.index.packing()
            figures.oldestTimestamp = state.oldestTimestamp
            figures.oldestAge = state.oldestAge(at: reading)
            figures.clock = reading.quality
            figures.appended = state.appended
            figures.appendedBytes = state.appendedBytes
            figures.acknowledged = state.acknowledged
            figures.commits = state.commits
            figures.gaps = state.index.gapTotals
            figures.trouble = state.trouble
            return figures
        }
    }
}

extension StoreShared.State {
    /// Sees to it that the writer comes for what waits.
    mutating func schedule() -> StoreShared.Enqueued {
        if isScheduled { return .waiting }
        if isUrgent {
            isScheduled = true
            return .wake
        }
        if isDelayed { return .waiting }
        isDelayed = true
        return .wakeLater
    }

    /// When the oldest waiting event was taken.
    ///
    /// Exact where the lane's first waiting event was looked up, else the time of its segment's first event.
    var oldestTimestamp: Int64? {
        index.lanes.compactMap { lane -> Int64? in
            guard let waiting = index.firstWaiting(in: lane, acks: acks) else { return nil }
            if let known = oldest[lane.lane], known.sequence == waiting { return known.timestamp }
            return lane.segment(atOrAfter: waiting)?.firstTimestamp
        }.min()
    }

    /// Milliseconds that have certainly passed since the oldest waiting event was taken; no step of the clock changes it.
    func oldestAge(at reading: ClockReading) -> Int64? {
        let now = index.clocks.running.running(at: reading)
        return index.lanes.compactMap { lane -> Int64? in
            guard let waiting = index.firstWaiting(in: lane, acks: acks) else { return nil }
            let known = oldest[lane.lane].flatMap { $0.sequence == waiting ? $0.timestamp : nil }
            guard let raw = known ?? lane.segment(atOrAfter: waiting)?.firstTimestamp else { return nil }
            return max(0, now - index.clocks.running(of: waiting, in: lane, raw: raw, now: now))
        }.max()
    }
}
