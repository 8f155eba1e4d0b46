// SPDX-License-Identifier: Apache-2.0

import Events

extension StoreCommitter {
    /// Drops the oldest of the least urgent class until what is to be written fits the budget; what no hub has becomes
    /// a gap in the same transaction.
    func makeRoom(
        for writes: ArraySlice<StoreShared.Write>,
        in next: inout StoreIndex,
        acks: [Lane: LaneAcks]
    ) throws {
        let needed = pages(for: writes)
        guard needed <= limits.databasePages / 2 else {
            throw StoreError.failed(path: path, reason: "one write of \(needed) pages is too large for the buffer")
        }
        guard next.pages - next.freePages + needed > limits.databasePages else { return }
        for (position, segment) in next.coveredSegments(acks: acks) {
            try drop(segment, position: position, in: &next)
            statements.measure(into: &next)
            if next.pages - next.freePages + needed <= limits.databasePages { return }
        }
        while next.pages - next.freePages + needed > limits.databasePages, let victim = next.victim() {
            try giveUp(victim.segment, position: victim.position, in: &next, acks: acks)
            statements.measure(into: &next)
        }
    }

    /// Pages that writes may need: rows side by side where several fit a page, else with overflow pages
    /// (https://sqlite.org/fileformat2.html section 1.6), and some for the tables beside them.
    func pages(for writes: ArraySlice<StoreShared.Write>) -> Int64 {
        var shared = 0
        var own = 0
        for write in writes {
            for change in write.changes {
                if change.weight <= 1024 { shared += change.weight } else { own += change.weight / 4092 + 1 }
            }
            for record in write.block.records {
                let length = record.all.count + RowFormat.maximumHead + 12
                if length <= 1024 { shared += length } else { own += length / 4092 + 1 }
            }
        }
        return Int64(shared * 5 / 4 / Int(StoreLimits.pageSize) + own + 24)
    }

    /// Drops one segment; what no hub has of it becomes a gap.
    private func giveUp(
        _ segment: SegmentRecord,
        position: Int,
        in next: inout StoreIndex,
        acks: [Lane: LaneAcks]
    ) throws {
        let lane = next[position]
        let covered = lane.covered(acks[lane.lane]?.all ?? SequenceSet())
        if let range = segment.range {
            for missing in covered.missing(in: range) {
                let gap = Gap(
                    lane: lane.lane,
                    first: missing.lowerBound,
                    last: missing.upperBound,
                    reason: .bufferFull
                )
                try record(gap, position: position, in: &next)
            }
        }
        try drop(segment, position: position, in: &next)
    }

    /// Enters a gap in the index and the database.
    func record(_ gap: Gap, position: Int, in next: inout StoreIndex) throws {
        next[position].add(gap)
        next.count(gap)
        try database.replaceGaps(of: next[position])
        try database.saveTotal(next.gapTotals, of: gap)
    }

    /// Drops some segments of which nothing is left to be sent, and returns how many are left.
    ///
    /// Not all at once, as SQLite reads each page of a table that it drops, and appends wait meanwhile.
    func dropCovered(limit: Int, in next: inout StoreIndex, acks: [Lane: LaneAcks]) throws -> Int {
        let covered = next.coveredSegments(acks: acks)
        for (position, segment) in covered.prefix(limit) {
            try drop(segment, position: position, in: &next)
        }
        return max(0, covered.count - limit)
    }

    /// Drops a segment's table.
    ///
    /// The lane's row keeps how far the lane had come.
    private func drop(_ segment: SegmentRecord, position: Int, in next: inout StoreIndex) throws {
        if next[position].open?.id == segment.id { statements.forget(position: position) }
        try database.drop(segment)
        lastDrop = .now
        next[position].remove(segment: segment.id)
        try database.update(next[position])
    }
}
