// SPDX-License-Identifier: Apache-2.0

import Events

extension HubLogTransaction {
    /// How the sums over all gaps change.
    struct GapCount {
        /// Events of gaps whose end is known.
        var events: Int64 = 0
        /// Gaps whose end nobody knows.
        var open = 0

        mutating func add(_ gap: Gap, _ sign: Int64) {
            if gap.endKnown {
                events &+= sign &* Int64(clamping: gap.count)
            } else {
                open += Int(sign)
            }
        }
    }

    /// Records what a node gave up, as far as it has not landed, and counts it as landed.
    func record(node: String, _ gap: Gap) throws(SQLiteError) -> Outcome {
        let key = HubLogLane.Key(node: node, lane: gap.lane)
        var lane = try lane(key)
        let missing = lane.landed.missing(in: gap.first...gap.last)
        guard !missing.isEmpty else { return .landed(key, new: 0, repeated: 0) }
        try cover(&lane, gap.first...gap.last)
        for range in missing {
            var part = gap
            part.first = range.lowerBound
            part.last = range.upperBound
            part.endKnown = gap.endKnown || range.upperBound < gap.last
            try insert(part, lane: lane.id)
        }
        update(lane)
        return .landed(key, new: 0, repeated: 0)
    }

    /// Counts a range as landed.
    ///
    /// In a lane that was taken for lost it also shrinks what was recorded as lost: a clone of the lost store may live
    /// on, or an agent still have what a damaged log lost, and its events win.
    func cover(_ lane: inout HubLogLane, _ range: ClosedRange<UInt64>) throws(SQLiteError) {
        lane.landed.insert(range)
        guard lane.closed else { return }
        for (id, gap) in try lostGaps(of: lane) where gap.first <= range.upperBound && range.lowerBound <= gap.last {
            let delete = try statements("DELETE FROM gaps WHERE id = ?")
            delete.bind(id, at: 1)
            try delete.run()
            gapEvents.add(gap, -1)
            if gap.first < range.lowerBound {
                // A later number was given out, so all of this part was.
                try insert(
                    Gap(lane: gap.lane, first: gap.first, last: range.lowerBound - 1, reason: gap.reason),
                    lane: lane.id
                )
            }
            if range.upperBound < gap.last {
                var rest = gap
                rest.first = range.upperBound + 1
                try insert(rest, lane: lane.id)
            }
        }
    }

    /// Records a gap unless the same one is there.
    func insert(_ gap: Gap, lane: Int64) throws(SQLiteError) {
        if try statements.insert(gap, lane: lane, recorded: now) { gapEvents.add(gap, 1) }
    }

    /// Records what of a lane cannot be read any more, once: the same rows may be read again in other company.
    func recordUnreadable(_ range: ClosedRange<UInt64>, lane: Int64) throws(SQLiteError) {
        let select = try statements(
            "SELECT first, last FROM gaps WHERE lane = ? AND reason = ? AND first <= ? AND last >= ?"
        )
        select.bind(lane, at: 1)
        select.bind(Int64(Gap.Reason.unreadable.rawValue), at: 2)
        select.bind(range.upperBound, at: 3)
        select.bind(range.lowerBound, at: 4)
        var known = SequenceSet()
        do {
            defer { select.reset() }
            while try select.step() {
                let (first, last) = (select.unsigned(0), select.unsigned(1))
                if first > 0, first <= last { known.insert(first...last) }
            }
        }
        let unused = Lane(epoch: 0, partition: Partition(number: 0))
        for part in known.missing(in: range) {
            try insert(
                Gap(lane: unused, first: part.lowerBound, last: part.upperBound, reason: .unreadable),
                lane: lane
            )
        }
    }

    private func lostGaps(of lane: HubLogLane) throws(SQLiteError) -> [(id: Int64, gap: Gap)] {
        let select = try statements(
            "SELECT id, first, last, end_known, reason FROM gaps WHERE lane = ? AND reason IN (?, ?)"
        )
        select.bind(lane.id, at: 1)
        select.bind(Int64(Gap.Reason.storeRestored.rawValue), at: 2)
        select.bind(Int64(Gap.Reason.hubRestored.rawValue), at: 3)
        defer { select.reset() }
        var found: [(id: Int64, gap: Gap)] = []
        while try select.step() {
            let gap = Gap(
                lane: lane.key.lane,
                first: select.unsigned(1),
                last: select.unsigned(2),
                reason: Gap.Reason(rawValue: UInt8(truncatingIfNeeded: select.integer(4))) ?? .storeRestored,
                endKnown: select.integer(3) != 0
            )
            found.append((select.integer(0), gap))
        }
        return found
    }
}
