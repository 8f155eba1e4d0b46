// SPDX-License-Identifier: Apache-2.0

import Events
import Storage

/// A lane's two streams under ``DrainOrder/liveFirst``.
///
/// ```
/// 1        landed    historical: to be read          mark   live
/// |---------------|.................|--landed--|........|-----next............last
/// ```
/// Below the mark everything is historical, above it live; each stream is read and sent in its order. The hub's
/// acknowledgements name ranges, so that it need not know of any of this. A lane is cut when a connection begins, and
/// again when its live events have waited so long that they are live no more.
extension SendMachine {
    /// Events just before the mark that go with the live ones: the present state is known at once after an outage.
    static let liveTail: UInt64 = 64
    /// Live events that have waited for longer become historical.
    static let liveAge: Duration = .seconds(5)
    /// Ranges that may lie apart in what has landed of a lane before it is cut again: an acknowledgement names 32.
    static let mostRanges = 16
    /// Bytes by which live events may be ahead of their half of the link.
    static let mostLiveRoom = 64 << 10

    /// Whether what stands at a position leaves beside any backlog.
    func isLive(_ position: Int) -> Bool { isLive(lanes[position]) }

    func isLive(_ lane: LaneCursor) -> Bool {
        settings.drain == .liveFirst && !lane.isHistorical && lane.state.lane.epoch == epoch
    }

    func isAlarm(_ position: Int) -> Bool { isAlarm(lanes[position]) }

    func isAlarm(_ lane: LaneCursor) -> Bool { lane.state.lane.partition.eventClass == .alarm }

    /// The streams of the lane with this handle.
    func positions(_ handle: UInt32) -> [Int] {
        let name = names[Int(handle)]
        return [name.present, name.historical].compactMap(\.self)
    }

    /// Events that the hub has not acknowledged and that wait behind live ones; nil where all leave in their order.
    package var historicalEvents: UInt64? {
        guard settings.drain == .liveFirst else { return nil }
        return lanes.indices.reduce(0) { sum, position in
            isLive(position) ? sum : sum + lanes[position].unacknowledged
        }
    }

    // MARK: Cutting

    /// Makes what a lane has not sent yet historical, but for its newest events.
    mutating func cut(_ handle: Int) {
        let name = names[handle]
        let lane = lanes[name.present]
        guard isLive(name.present), lane.landed.ranges.count < Self.mostRanges else { return }
        let newest = lane.state.last - min(lane.state.last, Self.liveTail)
        let mark = max(newest, lane.landed.highest, lane.next - 1)
        guard let unread = lane.unread, unread.lowerBound <= mark else { return }
        if let historical = name.historical {
            lanes[historical].lengthen(to: mark, exceptUpTo: lane.next)
        } else {
            names[handle].historical = lanes.count
            lanes.append(LaneCursor(historicalOf: lane, through: mark))
        }
        lanes[name.present].advance(to: mark + 1)
    }

    /// Cuts a lane whose live events do not leave.
    mutating func cutIfLate(_ handle: Int, at now: Duration) {
        guard let oldest = lanes[names[handle].present].oldestArrival, now - oldest > Self.liveAge else { return }
        let count = lanes.count
        cut(handle)
        if lanes.count > count { sort() }
    }

    /// Encoded bytes of live events that are made ahead: what has been made can no longer become historical.
    var liveBytesAhead: Int { max(settings.mtu, min(pace.limit, Self.readyBytesPerLane)) }

    // MARK: Sharing the link

    /// Whether live events had their half of the link while historical ones wait, which go first then.
    ///
    /// Alarms share nothing: the live ones leave, then the others, then all the rest.
    func yields(_ position: Int) -> Bool {
        liveRoom <= 0 && isLive(position) && !isAlarm(position) && historyIsReady
    }

    /// Whether a historical parcel could be next.
    private var historyIsReady: Bool {
        lanes.indices.contains { position in
            guard !lanes[position].ready.isEmpty || parts?.position == position else { return false }
            guard !isLive(position), !isAlarm(position), !isHeld(position) else { return false }
            return parts == nil || parts?.position == position || lanes[position].hasSmallParcel(settings.contentLimit)
        }
    }

    /// Whether anything historical is still to be sent.
    var hasHistory: Bool {
        settings.drain == .liveFirst && lanes.indices.contains { !isLive($0) && !lanes[$0].hasLeft }
    }

    /// Keeps account of the halves: live events that leave while nothing else waits cost nothing.
    mutating func share(_ position: Int, _ bytes: Int) {
        guard settings.drain == .liveFirst, !isAlarm(position) else { return }
        if !isLive(position) {
            liveRoom = min(liveRoom + bytes, Self.mostLiveRoom)
        } else if historyIsReady {
            liveRoom -= bytes
        }
    }
}

extension LaneCursor {
    /// What of a lane leaves behind its live events, up to a mark; nothing of it was read yet.
    init(historicalOf lane: LaneCursor, through mark: UInt64) {
        self = lane
        ready = []
        readyBytes = 0
        sent = []
        suspects = []
        awaitedGaps = []
        pausedUntil = nil
        through = mark
    }

    /// Takes over what the live stream has not read: all from `next` through `mark`; what it read before stays there.
    mutating func lengthen(to mark: UInt64, exceptUpTo next: UInt64) {
        guard let old = through, mark > old else { return }
        elsewhere.removeAll { $0.upperBound < self.next }
        if next > old + 1 { elsewhere.append(old + 1...next - 1) }
        through = mark
    }

    /// Events of this stream that the hub has not acknowledged.
    var unacknowledged: UInt64 {
        guard bound > 0 else { return 0 }
        return landed.missing(in: 1...bound).reduce(0) { $0 + ($1.upperBound - $1.lowerBound + 1) }
    }

    /// Whether the next parcel travels in one piece.
    func hasSmallParcel(_ mtu: Int) -> Bool {
        ready.first.map { $0.frameBytes <= mtu } ?? false
    }
}
