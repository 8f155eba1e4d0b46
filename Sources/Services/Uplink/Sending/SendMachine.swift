// SPDX-License-Identifier: Apache-2.0

package import Events
package import Storage
package import UplinkFrames

/// Decides what goes over a connection next, and what must be read for it.
///
/// Pure: takes lanes, frames of the hub, batches and time; gives frames, requests for batches, and what the store is
/// to be told. ``LinkDriver`` does it. Nothing that was sent is kept: what is not acknowledged when a connection ends
/// is read again for the next one. Times are since any fixed start.
///
/// ```
/// store --nextRequest/answered--> ready parcels --next--> sent --acknowledged--> store
///                                     ^                    | rejected
///                                     '---- suspects <-----'  (each event alone, then given up: a gap)
/// ```
package struct SendMachine: Sendable {
    package struct Settings: Sendable {
        package var mtu: Int
        package var linger: Duration
        package var linkTimeout: Duration
        package var drain: DrainOrder
        /// Whether frames are sealed on their way.
        package var isSealed = false

        package init(
            mtu: Int = 1_200,
            linger: Duration = .milliseconds(20),
            linkTimeout: Duration = .seconds(10),
            drain: DrainOrder = .ordered
        ) {
            self.mtu = mtu
            self.linger = linger
            self.linkTimeout = linkTimeout
            self.drain = drain
        }

        /// Bytes of a batch, which leave room for the frame around it and for what sealing adds.
        package var batchLimit: Int { max(64, mtu - 40) }
        /// Bytes of an encoded frame, check included, that still fit a packet when they are sealed, where they are.
        var frameLimit: Int { isSealed ? mtu - SealedFrame.overhead : mtu }
        /// The same without the check.
        var contentLimit: Int { frameLimit - Frame.checkBytes }
    }

    /// Where the streams of a lane are in ``lanes``.
    struct NamedLane: Sendable {
        var present: Int
        var historical: Int?
    }

    /// What the hub's answer means for the store.
    package enum Effect: Sendable, Equatable {
        case acknowledge(Lane, SequenceSet)
        case giveUp(Gap)
        case acknowledgeClock(ClockAnnouncement.Name)
    }

    /// Readings shorter than this disturb nobody.
    static let leastWork: Duration = .milliseconds(2)
    static let longestRest: Duration = .milliseconds(50)
    /// Encoded bytes that are made ahead for a lane, and for all but alarms together.
    static let readyBytesPerLane = 64 << 10
    static let readyBytesInAll = 256 << 10

    var settings: Settings
    /// The epoch of new lanes.
    let epoch: UInt64
    /// The name that lanes of this epoch have.
    let node: String
    /// One for each lane, and another where part of it is historical.
    var lanes: [LaneCursor] = []
    /// By handle.
    var names: [NamedLane] = []
    /// Indices of ``lanes``: most urgent class first, then as they are to be drained.
    var order: [Int] = []
    /// Handles.
    var index: [Lane: Int] = [:]
    var pace: PaceMachine
    var controls: [Frame] = []
    package internal(set) var primers: PrimerCycle
    var sentPrimers: [SentPrimer] = []
    /// Of the frames, as welcome said.
    var version: UInt32 = 1
    var waitingClocks: [ClockAnnouncement] = []
    var sentClocks: [SentClock] = []
    /// Those that were offered on this connection.
    var offeredClocks: Set<ClockAnnouncement.Name> = []
    var parts: PartialParcel?
    var assemblies: UInt64 = 0
    var credit: UInt64 = 0
    var spent: UInt64 = 0
    var generation: UInt64 = 0
    var readyBytes = 0
    /// Bytes of live events that may leave before it is the turn of historical ones.
    var liveRoom = Self.mostLiveRoom
    /// Backlog is not read before this time.
    var restUntil: Duration?
    /// A graceful end: nothing waits for company any more.
    package var isFlushing = false

    /// Events sent since the start, repeats included, and events that a hub acknowledged.
    package internal(set) var sentEvents: UInt64 = 0
    package internal(set) var acknowledgedEvents: UInt64 = 0

    package init(
        _ settings: Settings,
        epoch: UInt64,
        node: String = "",
        primers: PrimerCycle = PrimerCycle(PrimerCycle.Settings())
    ) {
        self.settings = settings
        self.epoch = epoch
        self.node = node
        self.primers = primers
        pace = PaceMachine(mtu: settings.mtu, linkTimeout: settings.linkTimeout)
    }

    // MARK: The connection

    /// A hub said welcome: everything that it has not is offered to it, from here on.
    ///
    /// - Parameters:
    ///   - states: the lanes that hello named, in its order.
    ///   - roundTrip: from hello to welcome.
    package mutating func begin(
        _ states: [LaneState],
        acknowledged: [Lane: UInt64],
        _ welcome: Welcome,
        roundTrip: Duration,
        at now: Duration
    ) -> [Effect] {
        end()
        credit = welcome.credit
        version = welcome.version
        spent = 0
        assemblies = 0
        primers.begin(welcome, at: now)
        pace = PaceMachine(mtu: settings.mtu, linkTimeout: settings.linkTimeout)
        pace.measured(since: now - roundTrip, at: now)
        var effects: [Effect] = []
        for (state, landed) in zip(states, welcome.landed) {
            let set = landed.sequences
            if !set.ranges.isEmpty { effects.append(.acknowledge(state.lane, set)) }
            open(state, landed: set, acknowledged: acknowledged[state.lane] ?? 0, at: now)
        }
        for handle in names.indices { cut(handle) }
        sort()
        return effects
    }

    /// The connection is gone.
    package mutating func end() {
        generation += 1
        lanes.removeAll()
        names.removeAll()
        liveRoom = Self.mostLiveRoom
        order.removeAll()
        index.removeAll()
        controls.removeAll()
        primers.end()
        sentPrimers.removeAll()
        waitingClocks.removeAll()
        sentClocks.removeAll()
        offeredClocks.removeAll()
        parts = nil
        readyBytes = 0
    }

    /// The lanes as the store has them now: new events, new lanes, new ceilings.
    package mutating func update(_ states: [LaneState], at now: Duration) {
        var isLonger = false
        for state in states {
            if let handle = index[state.lane] {
                for position in positions(UInt32(handle)) { lanes[position].update(state, at: now) }
                cutIfLate(handle, at: now)
                let present = names[handle].present
                guard state.ceiling != lanes[present].announcedCeiling else { continue }
                lanes[present].announcedCeiling = state.ceiling
                announce(lanes[present])
            } else if state.lane.epoch == epoch, names.count < FrameLimits.lanes {
                open(state, landed: SequenceSet(), acknowledged: 0, at: now)
                announce(lanes[lanes.count - 1])
                isLonger = true
            }
        }
        if isLonger { sort() }
    }

    /// A number that comes back: life sign, round trip, and how far the hub has read.
    package mutating func ping(_ number: UInt64, at now: Duration) {
        controls.append(.ping(number))
        parts?.mark(number, at: now)
    }

    package mutating func pong(_ number: UInt64, sentAt: Duration, at now: Duration) {
        if let (bytes, stamp) = parts?.confirmed(number) {
            pace.confirmed(bytes, stamp, at: now)
        } else if pace.inFlight == 0 {
            pace.measured(since: sentAt, at: now)
        }
    }

    /// Whether the hub owes an acknowledgement.
    package var isAwaitingAnswer: Bool { pace.inFlight > 0 }

    /// Whether a hub has all that the store has.
    package var isDone: Bool { lanes.allSatisfy(\.isDone) && parts?.position == nil && isClockDone }

    /// Whether a ping would tell that more of a frame in parts may leave.
    package var wantsMarker: Bool {
        guard let parts else { return false }
        return parts.isUnmarked && !pace.allows(settings.mtu)
    }

    // MARK: Sending

    /// The next frame, or nil when there is none, or none may leave yet.
    package mutating func next(at now: Duration) -> Frame? {
        if !controls.isEmpty { return controls.removeFirst() }
        if primers.isBlocking { return nextOfPrimer(at: now) }
        for position in order {
            if !isAlarm(position), let frame = nextOfClocks(at: now) { return frame }
            if !isAlarm(position), isPublishing { return nextOfPrimer(at: now) }
            if yields(position) { continue }
            if let parts, parts.position == position, !isHeld(position) { return nextPart(at: now) }
            guard let parcel = lanes[position].ready.first, !isHeld(position) else { continue }
            if parcel.frameBytes > settings.contentLimit {
                // One assembly at a time: a second large parcel waits for the first.
                guard parts == nil else { continue }
                beginParts(position)
                return nextPart(at: now)
            }
            guard mayLeave(parcel.frameBytes, asAlarm: isAlarm(position)) else { return nil }
            return send(position, at: now)
        }
        if let frame = nextOfClocks(at: now) ?? nextOfPrimer(at: now) { return frame }
        if lanes.allSatisfy({ $0.next > $0.bound }) { pace.starved() }
        return nil
    }

    /// Whether the next batch could leave at once.
    var isOpen: Bool { mayLeave(settings.mtu) }

    /// - Parameter asAlarm: alarms are few and do not wait until what was sent before them has arrived.
    func mayLeave(_ bytes: Int, asAlarm: Bool = false) -> Bool {
        spent + UInt64(bytes) <= credit && (pace.allows(bytes) || asAlarm && pace.inFlight < 2 * pace.limit)
    }

    /// Whether the lane may send nothing yet: an older one comes first.
    ///
    /// The same topics' events of an older epoch leave first, to the last one, or a restart would swap them; when
    /// configuration moved a topic, its old lane is acknowledged first (decision 8).
    func isHeld(_ position: Int) -> Bool {
        waits(position) { !lanes[$0].hasLeft || parts?.position == $0 }
    }

    /// Whether the lane is not to be read yet; it is read ahead as soon as the older one has nothing left to read.
    func isReadLater(_ position: Int) -> Bool {
        waits(position) { lanes[$0].unread != nil }
    }

    private func waits(_ position: Int, for condition: (Int) -> Bool) -> Bool {
        guard !isLive(position) else { return false }
        let state = lanes[position].state
        return lanes.indices.contains { index in
            let older = lanes[index].state
            guard older.ordinal < state.ordinal else { return false }
            if state.held { return !lanes[index].isDone }
            return older.lane.partition == state.lane.partition && condition(index)
        }
    }

    private mutating func send(_ position: Int, at now: Duration) -> Frame {
        let parcel = take(position)
        let frame = parcel.frame(handle: lanes[position].handle)
        let bytes = frame.encodedBytes
        spent += UInt64(bytes)
        let stamp = pace.sent(bytes, at: now)
        note(parcel, position, bytes: bytes, stamp)
        share(position, bytes)
        return frame
    }

    mutating func take(_ position: Int) -> Parcel {
        let parcel = lanes[position].removeFirstReady()
        readyBytes -= parcel.frameBytes
        return parcel
    }

    mutating func note(_ parcel: Parcel, _ position: Int, bytes: Int, _ stamp: PaceMachine.Stamp) {
        sentEvents += parcel.events
        lanes[position].sent.append(
            LaneCursor.Sent(
                range: parcel.range,
                bytes: bytes,
                events: parcel.events,
                stamp: stamp,
                isAlone: parcel.isAlone,
                primer: parcel.primer
            )
        )
    }

    // MARK: Lanes

    private mutating func open(_ state: LaneState, landed: SequenceSet, acknowledged: UInt64, at now: Duration) {
        index[state.lane] = names.count
        let handle = UInt32(names.count)
        names.append(NamedLane(present: lanes.count))
        lanes.append(LaneCursor(state, handle: handle, landed: landed, acknowledged: acknowledged, at: now))
    }

    private mutating func announce(_ lane: LaneCursor) {
        controls.append(
            .lane(
                LaneOpening(
                    handle: lane.handle,
                    lane: lane.state.lane,
                    ordinal: lane.state.ordinal,
                    ceiling: lane.state.ceiling
                )
            )
        )
    }

    mutating func sort() {
        /// Alarms, then what is live, then the rest.
        func urgency(_ position: Int) -> Int {
            isAlarm(position) ? (isLive(position) ? 0 : 1) : (isLive(position) ? 2 : 3)
        }
        func rank(_ position: Int) -> (Int, EventClass, UInt64, Partition) {
            let state = lanes[position].state
            return (urgency(position), state.lane.partition.eventClass, state.ordinal, state.lane.partition)
        }
        order = lanes.indices.sorted { rank($0) < rank($1) }
    }
}
