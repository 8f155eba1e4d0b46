// SPDX-License-Identifier: Apache-2.0

import Events

extension StoreIndex {
    /// What lies in a lane at a sequence, as far as it can be said without reading rows.
    enum Place: Equatable {
        /// Rows of `segment` from the sequence through `last`.
        case rows(SegmentRecord, through: UInt64)
        case gap(Gap)
        /// Nothing has been given that sequence yet.
        case end
    }

    /// Looks up a sequence.
    func place(of sequence: UInt64, in lane: Lane) -> Place {
        guard let record = self[lane], sequence <= record.last else { return .end }
        if let gap = record.gap(at: sequence) { return .gap(gap) }
        let nextGap = record.gaps.first { $0.first > sequence }
        guard let segment = record.segment(atOrAfter: sequence), segment.first <= sequence else {
            return .gap(deleted(sequence, in: record, before: nextGap))
        }
        return .rows(segment, through: min(segment.last, nextGap.map { $0.first - 1 } ?? segment.last))
    }

    /// What was acknowledged and deleted: whoever asks for it again has lost it since.
    private func deleted(_ sequence: UInt64, in record: LaneRecord, before nextGap: Gap?) -> Gap {
        let next = [nextGap?.first, record.segment(atOrAfter: sequence)?.first].compactMap { $0 }.min()
        return Gap(
            lane: record.lane,
            first: sequence,
            last: next.map { $0 - 1 } ?? record.last,
            reason: .hubRestored
        )
    }

    /// All lanes in the order in which they are to be drained.
    ///
    /// - Parameter hub: whose acknowledgements to show; nil for what any hub has.
    func states(acks: [Lane: LaneAcks], hub: UInt64?) -> [LaneState] {
        let undrained = epochs.filter { epoch in
            lanes.contains { lane in
                lane.ordinal == epoch.epoch.ordinal && !lane.isDrained(acks[lane.lane]?.all ?? SequenceSet())
            }
        }
        let byOrdinal = Dictionary(uniqueKeysWithValues: epochs.map { ($0.epoch.ordinal, $0) })
        return lanes.sorted { ($0.ordinal, $0.lane.partition) < ($1.ordinal, $1.lane.partition) }.map { lane in
            let epoch = byOrdinal[lane.ordinal]
            let known = acks[lane.lane]
            let landed = hub.map { known?.hubs[$0] ?? SequenceSet() } ?? known?.all ?? SequenceSet()
            return LaneState(
                lane: lane.lane,
                ordinal: lane.ordinal,
                node: epoch?.node ?? "",
                acknowledged: landed.cumulative,
                last: lane.last,
                ceiling: lane.ceiling,
                held: undrained.contains {
                    $0.epoch.ordinal < lane.ordinal && $0.fingerprint != epoch?.fingerprint
                }
            )
        }
    }

    /// Events, and about how many of their bytes, that are neither acknowledged nor given up.
    func backlog(acks: [Lane: LaneAcks]) -> (events: UInt64, bytes: UInt64) {
        var events: UInt64 = 0
        var bytes: UInt64 = 0
        for lane in lanes {
            let covered = lane.covered(acks[lane.lane]?.all ?? SequenceSet())
            events += lane.last - covered.memberCount
            for segment in lane.segments {
                guard let range = segment.range else { continue }
                let missing = covered.missing(in: range).reduce(UInt64(0)) { $0 + UInt64($1.count) }
                bytes += UInt64(segment.eventBytes) * missing / UInt64(range.count)
            }
        }
        return (events, bytes)
    }

    /// Events that lie packed, and what all full segments take by what they would take as rows.
    func packing() -> (events: UInt64, density: Double) {
        var events = 0
        var rows = 0
        var bytes = 0
        for lane in lanes {
            for segment in lane.sealed {
                let count = segment.range?.count ?? 0
                let asRows = segment.eventBytes + SegmentRecord.rowOverhead * count
                rows += asRows
                bytes += segment.isPacked ? segment.rowBytes + segment.rowBytes / 6 : asRows
                if segment.isPacked { events += count }
            }
        }
        return (UInt64(events), events > 0 ? Double(bytes) / Double(max(1, rows)) : 1)
    }

    /// Sealed segments of which nothing is left to be sent.
    func coveredSegments(acks: [Lane: LaneAcks]) -> [(position: Int, segment: SegmentRecord)] {
        lanes.enumerated().flatMap { position, lane -> [(position: Int, segment: SegmentRecord)] in
            guard !lane.sealed.isEmpty else { return [] }
            let covered = lane.covered(acks[lane.lane]?.all ?? SequenceSet())
            return lane.sealed.filter { $0.range.map(covered.contains) ?? true }.map { (position, $0) }
        }
    }

    /// The first event of a lane that is neither acknowledged nor given up.
    func firstWaiting(in lane: LaneRecord, acks: [Lane: LaneAcks]) -> UInt64? {
        guard lane.last > 0 else { return nil }
        return lane.covered(acks[lane.lane]?.all ?? SequenceSet()).missing(in: 1...lane.last).first?.lowerBound
    }
}
