// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import Testing
import UplinkFrames

@testable import Uplink

/// A sending machine, the lanes it sends and a hub, joined by a wire that may break; time passes only when told.
struct DrainModel {
    static let eventsPerBatch: UInt64 = 40
    private static let bytesPerEvent = 25

    private(set) var send: SendMachine
    private let drain: DrainOrder
    private(set) var now: Duration = .zero
    /// Bytes per second that the wire carries.
    var rate = 8_000.0

    // The agent.
    private(set) var states: [LaneState] = []
    private(set) var ordinal: UInt64 = 0
    var gaps: [Gap] = []
    private(set) var acknowledged: [Lane: SequenceSet] = [:]
    /// When each event came.
    private var arrivals: [Lane: [Duration]] = [:]

    // The wire.
    private(set) var isConnected = false
    private var wire: [(frame: Frame, leaves: Duration)] = []
    private var idleFrom: Duration = .zero

    // The hub.
    private var names: [Lane] = []
    private(set) var landed: [Lane: SequenceSet] = [:]
    /// Of each lane, the last event that landed behind newer ones.
    private var lastHistorical: [Lane: UInt64] = [:]
    private(set) var repeated = 0
    /// Landed behind newer events of their lane.
    private(set) var historical = 0
    private(set) var disorder: [String] = []
    /// How long events took that landed before any newer one of their lane.
    private(set) var liveLatencies: [Duration] = []
    private(set) var mostRanges = 0
    /// Refuses batches with this event of the first lane.
    var poison: UInt64?

    init(_ drain: DrainOrder) {
        self.drain = drain
        send = SendMachine(SendMachine.Settings(linger: .zero, drain: drain), epoch: 0)
        restart()
    }

    // MARK: The agent

    /// A new opening of the store: lanes of a new epoch beside the old ones, and no connection.
    mutating func restart() {
        disconnect()
        ordinal += 1
        let epoch = 100 + ordinal
        for eventClass in EventClass.allCases {
            states.append(SendMachineTests.state(eventClass, last: 0, epoch: epoch, ordinal: ordinal))
        }
        send = SendMachine(SendMachine.Settings(linger: .zero, drain: drain), epoch: epoch)
    }

    func lane(_ eventClass: EventClass, ordinal: UInt64? = nil) -> Lane {
        Lane(epoch: 100 + (ordinal ?? self.ordinal), partition: Partition(eventClass: eventClass, slot: 0))
    }

    mutating func append(_ eventClass: EventClass, _ count: UInt64) {
        let lane = lane(eventClass)
        for index in states.indices where states[index].lane == lane {
            states[index].last += count
            arrivals[lane, default: []] += Array(repeating: now, count: Int(count))
        }
        if isConnected { send.update(states.filter { $0.ordinal == ordinal }, at: now) }
    }

    private mutating func take(_ effects: [SendMachine.Effect]?) throws {
        for effect in try #require(effects) {
            switch effect {
            case .acknowledge(let lane, let set):
                for range in set.ranges { acknowledged[lane, default: SequenceSet()].insert(range) }
            case .giveUp(let gap):
                gaps.append(gap)
                send.update(states, at: now)
            case .acknowledgeClock: break
            }
        }
    }

    /// As the store and the maker of batches answer.
    private func answer(_ request: BatchRequest) -> BatchAnswer {
        guard let state = states.first(where: { $0.lane == request.lane }), request.from <= state.last else {
            return BatchAnswer(request, .end)
        }
        let gaps = gaps.filter { $0.lane == request.lane }
        if let gap = gaps.first(where: { ($0.first...$0.last).contains(request.from) }) {
            let last = min(gap.last, request.through ?? gap.last)
            let notice = GapNotice(first: gap.first, last: last, reason: gap.reason, endKnown: true)
            return BatchAnswer(request, .parcels([Parcel(range: gap.first...last, content: .gap(notice))]))
        }
        if request.purpose == .gap { return BatchAnswer(request, .parcels([])) }
        let isAlone = request.purpose == .alone
        let nextGap = gaps.map(\.first).filter { $0 > request.from }.min() ?? .max
        let end = min(request.through ?? .max, state.last, nextGap - 1)
        var parcels: [Parcel] = []
        var from = request.from
        var size = 0
        while from <= end, parcels.count < 8, size < request.mostBytes {
            let last = isAlone ? from : min(end, from + Self.eventsPerBatch - 1)
            var bytes = [UInt8](repeating: 0, count: max(16, Int(last - from + 1) * Self.bytesPerEvent))
            bytes.withUnsafeMutableBytes { bytes in
                bytes.storeBytes(of: from, as: UInt64.self)
                bytes.storeBytes(of: last, toByteOffset: 8, as: UInt64.self)
            }
            size += bytes.count
            parcels.append(Parcel(range: from...last, content: .batch(bytes), isAlone: isAlone))
            from = last + 1
        }
        return BatchAnswer(request, .parcels(parcels))
    }

    // MARK: The connection

    mutating func connect() throws {
        disconnect()
        isConnected = true
        names = states.map(\.lane)
        let welcome = Welcome(
            hubID: 1,
            hubEpoch: 1,
            maximumEventBytes: 1 << 18,
            credit: 1 << 40,
            landed: states.map { LandedRanges(landed[$0.lane] ?? SequenceSet()) }
        )
        for index in states.indices { states[index].acknowledged = acknowledged[states[index].lane]?.cumulative ?? 0 }
        let known = acknowledged.mapValues(\.cumulative)
        try take(send.begin(states, acknowledged: known, welcome, roundTrip: .milliseconds(10), at: now))
        pump()
    }

    /// What is on its way is lost.
    mutating func disconnect() {
        isConnected = false
        wire.removeAll()
        idleFrom = now
        send.end()
    }

    /// Another hub's primer is asked for: all that was sent is sent once more.
    mutating func wantPrimer() {
        if isConnected { send.primer(9, .wanted, at: now) }
    }

    private mutating func pump() {
        read()
        while let frame = send.next(at: now) {
            idleFrom = max(idleFrom, now) + .seconds(Double(frame.encodedBytes) / rate)
            wire.append((frame, idleFrom + .milliseconds(10)))
            read()
        }
    }

    private mutating func read() {
        while let request = send.nextRequest(at: now) { send.answered(answer(request), at: now) }
    }

    /// Lets time pass.
    mutating func run(_ duration: Duration) throws {
        let end = now + duration
        if isConnected { pump() }
        while let first = wire.first, first.leaves <= end {
            now = first.leaves
            wire.removeFirst()
            try arrive(first.frame)
            pump()
        }
        now = end
    }

    // MARK: The hub

    /// The hub's log is an older copy from now on.
    mutating func restoreHub(_ copy: [Lane: SequenceSet]) {
        disconnect()
        landed = copy
        lastHistorical = [:]
    }

    private mutating func arrive(_ frame: Frame) throws {
        switch frame {
        case .lane(let opening):
            if Int(opening.handle) == names.count { names.append(opening.lane) }
        case .batch(let handle, let bytes):
            let (first, last) = bytes.withUnsafeBytes { bytes in
                (bytes.load(as: UInt64.self), bytes.load(fromByteOffset: 8, as: UInt64.self))
            }
            if let poison, handle == 0, (first...last).contains(poison) {
                let rejection = Rejection(first: first, last: last, reason: .undecodable, text: "")
                return try take(send.rejected(handle, rejection, at: now))
            }
            land(first...last, names[Int(handle)])
            try acknowledge(handle)
        case .gap(let handle, let notice):
            landed[names[Int(handle)], default: SequenceSet()].insert(notice.first...notice.last)
            try acknowledge(handle)
        default: break
        }
    }

    private mutating func land(_ range: ClosedRange<UInt64>, _ lane: Lane) {
        let known = landed[lane] ?? SequenceSet()
        repeated += range.count
        for part in known.missing(in: range) {
            repeated -= part.count
            if part.upperBound < known.highest {
                historical += part.count
                if let before = lastHistorical[lane], before > part.lowerBound, poison == nil {
                    disorder.append("\(part) after \(before) in \(lane)")
                }
                lastHistorical[lane] = part.upperBound
            } else {
                for sequence in part { liveLatencies.append(now - (arrivals[lane]?[Int(sequence) - 1] ?? now)) }
            }
            landed[lane, default: SequenceSet()].insert(part)
        }
    }

    private mutating func acknowledge(_ handle: UInt32) throws {
        let set = landed[names[Int(handle)]] ?? SequenceSet()
        mostRanges = max(mostRanges, set.ranges.count)
        try take(send.acknowledged(handle, LandedRanges(set), at: now))
    }

    // MARK: The end

    /// Whether the hub has all of everything.
    var isComplete: Bool {
        states.allSatisfy { $0.last == 0 || landed[$0.lane]?.cumulative == $0.last }
    }

    /// Runs until the hub has everything, for an hour at most.
    mutating func finish() throws {
        if !isConnected { try connect() }
        for _ in 0..<3_600 where !(isComplete && send.isDone) { try run(.seconds(1)) }
    }
}
