// SPDX-License-Identifier: Apache-2.0

import Events

/// Chooses which segment is packed next.
///
/// Pure: a segment that is cold, none of which a hub has, and that the uplink will not come to soon.
struct PackingPlan {
    /// Full segments at the end of a lane that stay rows: what is read right after it was written.
    static let hotSegments = 1
    /// Smaller ones use a page or two in any form.
    static let leastBytes = 16 << 10
    /// Events that a drain reaches within this time are better sent than packed.
    static let horizon = 120.0

    var index: StoreIndex
    var acks: [Lane: LaneAcks]
    /// Events a second that hubs acknowledge; nil when none has for some time.
    var drainRate: Double?
    /// Segments that were tried and gain nothing.
    var hopeless: Set<Int64>

    struct Choice: Equatable {
        var lane: Lane
        var segment: SegmentRecord
        /// The pack that ends where the segment begins.
        var before: SegmentRecord?
    }

    var choice: Choice? {
        for lane in index.lanes {
            for position in lane.sealed.indices where isCold(position, lane) {
                let segment = lane.sealed[position]
                guard isUntouched(segment, lane), isFarFromDrain(segment, lane) else { continue }
                let before = position > 0 ? lane.sealed[position - 1] : nil
                let isJoined = before.map { $0.isPacked && $0.last + 1 == segment.first } ?? false
                return Choice(lane: lane.lane, segment: segment, before: isJoined ? before : nil)
            }
        }
        return nil
    }

    private func isCold(_ position: Int, _ lane: LaneRecord) -> Bool {
        let segment = lane.sealed[position]
        guard !segment.isPacked, segment.rowBytes >= Self.leastBytes, !hopeless.contains(segment.id) else {
            return false
        }
        // A lane of an older epoch gets no more events: nothing of it is new.
        let isPresent = lane.ordinal == index.epochs.last?.epoch.ordinal
        return !isPresent || position < lane.sealed.count - Self.hotSegments
    }

    /// Whether no hub has any of it, and none of it was given up.
    private func isUntouched(_ segment: SegmentRecord, _ lane: LaneRecord) -> Bool {
        guard let range = segment.range else { return false }
        return lane.covered(acks[lane.lane]?.all ?? SequenceSet()).missing(in: range) == [range]
    }

    private func isFarFromDrain(_ segment: SegmentRecord, _ lane: LaneRecord) -> Bool {
        guard let drainRate else { return true }
        guard let waiting = index.firstWaiting(in: lane, acks: acks), waiting < segment.first else { return false }
        return Double(segment.first - waiting) > drainRate * Self.horizon
    }
}
