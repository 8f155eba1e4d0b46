// SPDX-License-Identifier: Apache-2.0

import Events

/// What is known of a lane without reading its rows.
struct LaneRecord: Sendable {
    /// Key of the lane's row.
    let row: Int64
    let lane: Lane
    let ordinal: UInt64
    /// The last sequence given out.
    var last: UInt64
    /// Nothing above this was ever given out; numbers up to it are reserved in the ceiling file.
    var ceiling: UInt64
    /// Segments that take no more rows, ascending.
    var sealed: [SegmentRecord] = []
    /// The segment that takes rows.
    ///
    /// Apart from the others, as it changes with every commit and they do not.
    var open: SegmentRecord?
    /// Events given up that the hub has not acknowledged, ascending and disjoint.
    var gaps: [Gap] = []

    init(row: Int64, lane: Lane, ordinal: UInt64, last: UInt64 = 0, ceiling: UInt64 = 0) {
        self.row = row
        self.lane = lane
        self.ordinal = ordinal
        self.last = last
        self.ceiling = ceiling
    }

    /// All segments, ascending.
    var segments: [SegmentRecord] { open.map { sealed + [$0] } ?? sealed }

    /// The segment that holds `sequence`, or else the first one after it.
    func segment(atOrAfter sequence: UInt64) -> SegmentRecord? {
        var low = 0
        var high = sealed.count
        while low < high {
            let middle = (low + high) / 2
            if sealed[middle].last < sequence { low = middle + 1 } else { high = middle }
        }
        if low < sealed.count { return sealed[low] }
        guard let open, open.last >= sequence, open.range != nil else { return nil }
        return open
    }

    /// The gap that covers `sequence`.
    func gap(at sequence: UInt64) -> Gap? {
        gaps.first { $0.first <= sequence && sequence <= $0.last }
    }

    /// All that need not be sent as an event: what a hub has, and what was given up.
    func covered(_ acknowledged: SequenceSet) -> SequenceSet {
        var covered = acknowledged
        for gap in gaps where gap.last >= gap.first { covered.insert(gap.first...gap.last) }
        return covered
    }

    /// Whether anything is left to tell a hub: an event or a gap that it has not acknowledged.
    func isDrained(_ acknowledged: SequenceSet) -> Bool {
        last == 0 || acknowledged.cumulative >= last
    }

    /// Enters a gap; a neighbour with the same reason and a known end becomes one with it, so that a long outage with a
    /// full buffer does not pile up gaps.
    mutating func add(_ gap: Gap) {
        var gap = gap
        gaps.removeAll { other in
            guard other.reason == gap.reason, other.endKnown, gap.endKnown,
                other.last + 1 == gap.first || gap.last + 1 == other.first
            else { return false }
            gap.first = min(gap.first, other.first)
            gap.last = max(gap.last, other.last)
            return true
        }
        let position = gaps.firstIndex { $0.first > gap.first } ?? gaps.count
        gaps.insert(gap, at: position)
        last = max(last, gap.last)
        ceiling = max(ceiling, last)
    }

    /// Counts a row that was added to the open segment.
    mutating func added(_ sequence: UInt64, rowBytes: Int, eventBytes: Int) {
        last = sequence
        open?.last = sequence
        open?.rowBytes += rowBytes
        open?.eventBytes += eventBytes
    }

    /// Closes the open segment to further rows.
    mutating func seal() {
        if let open { sealed.append(open) }
        open = nil
    }

    /// Forgets a segment whose table was dropped.
    mutating func remove(segment id: Int64) {
        if open?.id == id { open = nil } else { sealed.removeAll { $0.id == id } }
    }
}
