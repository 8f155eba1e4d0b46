// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Storage

/// Where the sending of one lane, or of one of its two streams, stands on one connection.
struct LaneCursor: Sendable {
    /// A parcel that was sent and is not acknowledged.
    struct Sent: Sendable {
        var range: ClosedRange<UInt64>
        /// Frame bytes that count as being on their way.
        var bytes: Int
        var events: UInt64
        var stamp: PaceMachine.Stamp
        var isAlone: Bool
        /// The one that the hub needs to open it.
        var primer: PrimerIdentifier?
    }

    /// All up to `last` was there at `time`.
    private struct Arrival: Sendable {
        var last: UInt64
        var time: Duration
    }

    let handle: UInt32
    var state: LaneState
    /// The ceiling that the hub knows.
    var announcedCeiling: UInt64
    /// What the hub has, or never needs to have.
    var landed: SequenceSet
    /// The first sequence that was not yet made into a parcel.
    var next: UInt64
    var ready: [Parcel] = []
    var readyBytes = 0
    var sent: [Sent] = []
    /// Ranges that the hub did not take: to be offered once more, each event alone.
    var suspects: [ClosedRange<UInt64>] = []
    /// Ranges that were given up: their gap is to be read from the store.
    var awaitedGaps: [ClosedRange<UInt64>] = []
    /// Whether the store may have the awaited gaps by now.
    var gapsMayBeThere = false
    /// Encoded bytes per event, as the last batches had it.
    var bytesPerEvent = 64.0
    /// The last sequence of a stream that is historical; nil: there is no end.
    var through: UInt64?
    /// Ascending ranges below ``through`` that the lane's live stream has read.
    var elsewhere: [ClosedRange<UInt64>] = []
    /// The store could not be read: not before this time again.
    var pausedUntil: Duration?
    private var arrivals: [Arrival] = []

    /// - Parameters:
    ///   - landed: what the hub says it has.
    ///   - acknowledged: what the store says that this hub has acknowledged before. Where the hub has less, it is an
    ///     older copy, and is offered all that is still here; what only other hubs have is left to them.
    init(_ state: LaneState, handle: UInt32, landed: SequenceSet, acknowledged: UInt64, at now: Duration) {
        self.state = state
        self.handle = handle
        announcedCeiling = state.ceiling
        self.landed = landed
        if state.acknowledged > acknowledged { self.landed.insert(acknowledged + 1...state.acknowledged) }
        next = self.landed.cumulative + 1
        if state.last >= next { arrivals.append(Arrival(last: state.last, time: now)) }
    }

    /// Forgets what was made and sent of all that the hub has not: it is to be read once more.
    ///
    /// - Parameter start: where the stream begins.
    mutating func startOver(from start: UInt64, at now: Duration) {
        let (last, end) = (announcedCeiling, through)
        self = LaneCursor(state, handle: handle, landed: landed, acknowledged: state.acknowledged, at: now)
        announcedCeiling = last
        through = end
        advance(to: start)
    }

    /// Whether it has events that leave behind the lane's live ones.
    var isHistorical: Bool { through != nil }

    /// The last sequence that is to be sent, as far as is known.
    var bound: UInt64 { through ?? state.last }

    /// The next events that are not with the hub and not in a parcel.
    var unread: ClosedRange<UInt64>? {
        guard next <= bound else { return nil }
        guard !elsewhere.isEmpty else { return landed.missing(in: next...bound).first }
        var known = landed
        for range in elsewhere { known.insert(range) }
        return known.missing(in: next...bound).first
    }

    /// Whether the hub has everything.
    var isDone: Bool {
        sent.isEmpty && ready.isEmpty && suspects.isEmpty && awaitedGaps.isEmpty && unread == nil
    }

    /// Whether every event is with the hub or on its way.
    var hasLeft: Bool { ready.isEmpty && suspects.isEmpty && unread == nil }

    /// When the oldest event that is not in a parcel came.
    var oldestArrival: Duration? { arrivals.first?.time }

    /// Takes what the store says now.
    mutating func update(_ new: LaneState, at now: Duration) {
        if new.last > state.last, !isHistorical {
            // Sixteen steps tell ages well enough; what comes beyond them counts as older than it is.
            if arrivals.count < 16 {
                arrivals.append(Arrival(last: new.last, time: now))
            } else {
                arrivals[arrivals.count - 1].last = new.last
            }
        }
        state = new
        gapsMayBeThere = true
    }

    /// All before `sequence` is in a parcel, or with the hub.
    mutating func advance(to sequence: UInt64) {
        next = max(next, sequence)
        arrivals.removeAll { $0.last < next }
    }

    mutating func add(_ parcel: Parcel) {
        ready.append(parcel)
        readyBytes += parcel.frameBytes
    }

    mutating func removeFirstReady() -> Parcel {
        let parcel = ready.removeFirst()
        readyBytes -= parcel.frameBytes
        return parcel
    }

    /// Removes what the hub has from what was sent.
    ///
    /// - Returns: the removed, oldest first.
    mutating func settle(_ set: SequenceSet) -> [Sent] {
        for range in set.ranges { landed.insert(range) }
        var count = 0
        while count < sent.count, landed.contains(sent[count].range) { count += 1 }
        var settled = Array(sent.prefix(count))
        sent.removeFirst(count)
        if !set.beyond.isEmpty {
            settled += sent.filter { landed.contains($0.range) }
            sent.removeAll { landed.contains($0.range) }
        }
        return settled
    }
}

extension SequenceSet {
    /// Whether every sequence of `range` is in the set.
    func contains(_ range: ClosedRange<UInt64>) -> Bool {
        missing(in: range).isEmpty
    }
}
