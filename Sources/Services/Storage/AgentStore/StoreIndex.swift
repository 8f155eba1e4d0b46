// SPDX-License-Identifier: Apache-2.0

import Events

/// What the writer knows of the store: everything but the rows.
///
/// A value: the writer changes a copy while its transaction is open, and publishes the copy when the commit was synced.
struct StoreIndex: Sendable {
    /// Ascending by ordinal; the last is the present one.
    var epochs: [EpochRecord] = []
    /// In the order in which they were made.
    ///
    /// Positions stay as they are while the store is open.
    private(set) var lanes: [LaneRecord] = []
    /// Positions in ``lanes``.
    private(set) var positions: [Lane: Int] = [:]
    /// Positions of the present epoch's lanes by partition number, -1 where there is none yet.
    private(set) var present: [Int] = []
    var nextLane: Int64 = 1
    var nextSegment: Int64 = 1
    /// Events given up since the store was made.
    var gapTotals: [StoreStatistics.GapCount] = []
    /// What the clocks said.
    var clocks = StoreClocks()
    /// Pages of the database, and those of them that are free.
    var pages: Int64 = 0
    var freePages: Int64 = 0

    /// The lane at a position.
    subscript(position: Int) -> LaneRecord {
        get { lanes[position] }
        _modify { yield &lanes[position] }
    }

    /// The lane of that name, if it is known.
    subscript(lane: Lane) -> LaneRecord? {
        positions[lane].map { lanes[$0] }
    }

    /// Adds a lane; returns its position.
    @discardableResult
    mutating func add(_ lane: LaneRecord) -> Int {
        let position = lanes.count
        lanes.append(lane)
        positions[lane.lane] = position
        nextLane = max(nextLane, lane.row + 1)
        if lane.lane.epoch == epochs.last?.epoch.id {
            let number = Int(lane.lane.partition.number)
            if present.count <= number {
                present += Array(repeating: -1, count: number + 1 - present.count)
            }
            present[number] = position
        }
        return position
    }

    /// Begins a new epoch: the lanes known so far take no more events.
    mutating func begin(_ epoch: EpochRecord) {
        epochs.append(epoch)
        present = []
    }

    /// Forgets all lanes of the epochs with these ordinals, and the epochs.
    ///
    /// Positions change: only before any writing.
    mutating func forget(epochs ordinals: Set<UInt64>) {
        let kept = lanes.filter { !ordinals.contains($0.ordinal) }
        epochs.removeAll { ordinals.contains($0.epoch.ordinal) }
        clocks.forget(epochs: ordinals)
        lanes = []
        positions = [:]
        present = []
        for lane in kept { add(lane) }
    }

    /// Counts events given up.
    mutating func count(_ gap: Gap) {
        let eventClass = gap.lane.partition.eventClass
        let found = gapTotals.firstIndex { $0.eventClass == eventClass && $0.reason == gap.reason }
        if let found {
            gapTotals[found].events += gap.count
        } else {
            gapTotals.append(.init(eventClass: eventClass, reason: gap.reason, events: gap.count))
        }
    }

    /// Which segment goes first when room is needed: of the least urgent class that has any, in its oldest epoch, the
    /// one that was begun first.
    func victim() -> (position: Int, segment: SegmentRecord)? {
        var best: (position: Int, segment: SegmentRecord)?
        for (position, lane) in lanes.enumerated() {
            guard let segment = lane.sealed.first ?? lane.open else { continue }
            guard let current = best else {
                best = (position, segment)
                continue
            }
            let other = lanes[current.position]
            let mine = (other.lane.partition.eventClass, lane.ordinal, segment.age)
            let theirs = (lane.lane.partition.eventClass, other.ordinal, current.segment.age)
            if mine < theirs { best = (position, segment) }
        }
        return best
    }
}
