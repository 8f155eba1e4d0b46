// SPDX-License-Identifier: Apache-2.0

import Events

extension StoreCommitter {
    /// Rows that are tried where one cannot be read.
    private static let probes: UInt64 = 4

    /// Gives up what is certainly older than the user wants to keep, in the transaction that is open; false when there
    /// was nothing.
    ///
    /// Age is measured in ``RunningTime``. Rows go when all of their segment is covered; the gap travels at once.
    func expire(in next: inout StoreIndex, acks: [Lane: LaneAcks]) throws -> Bool {
        guard let maximumAge else { return false }
        let reading = clock()
        let now = next.clocks.running.running(at: reading)
        var found = false
        for position in next.lanes.indices {
            guard let first = next.firstWaiting(in: next[position], acks: acks),
                let last = lastExpired(from: first, in: next[position], next.clocks, now, now - maximumAge),
                last >= first
            else { continue }
            let covered = next[position].covered(acks[next[position].lane]?.all ?? SequenceSet())
            for missing in covered.missing(in: first...last) {
                let gap = Gap(
                    lane: next[position].lane,
                    first: missing.lowerBound,
                    last: missing.upperBound,
                    reason: .expired
                )
                try record(gap, position: position, in: &next)
            }
            if let open = next[position].open, open.last <= last { try seal(position, in: &next) }
            found = true
        }
        try markRunning(RunningTime.Mark(running: now, reading: reading), maximumAge)
        return found
    }

    /// Now and then the running time is written down, so that little of it is forgotten when the power goes.
    private func markRunning(_ mark: RunningTime.Mark, _ maximumAge: Int64) throws(SQLiteError) {
        let interval = min(max(maximumAge / 16, 60_000), 3_600_000)
        if let lastMark, mark.running - lastMark < interval { return }
        try database.save(mark)
        lastMark = mark.running
    }

    /// The last sequence of a lane that was taken at or before a running time; nil when none was.
    private func lastExpired(
        from first: UInt64,
        in lane: LaneRecord,
        _ clocks: StoreClocks,
        _ now: Int64,
        _ limit: Int64
    ) -> UInt64? {
        let segments = lane.segments.filter { $0.range != nil && $0.last >= first }
        func isExpired(_ sequence: UInt64, _ raw: Int64) -> Bool {
            clocks.running(of: sequence, in: lane, raw: raw, now: now) <= limit
        }
        // One for all of them: packs that lie side by side name the same primer.
        let packs = PackOpener(database.connection)
        // Mostly nothing is too old, and then one row says so.
        guard let oldest = segments.first.map({ max(first, $0.first) }), let segment = segments.first,
            let raw = timestamp(atOrAfter: oldest, in: segment, packs), isExpired(oldest, raw)
        else { return nil }
        var last: UInt64?
        for (index, segment) in segments.enumerated() {
            if index + 1 < segments.count, isExpired(segments[index + 1].first, segments[index + 1].firstTimestamp) {
                last = segment.last
                continue
            }
            // Times rise with sequences: the first event that is young enough is looked up by halves.
            var low = max(first, segment.first)
            var high = segment.last + 1
            while low < high {
                let middle = low + (high - low) / 2
                if let raw = timestamp(atOrAfter: middle, in: segment, packs), isExpired(middle, raw) {
                    low = middle + 1
                } else {
                    high = middle
                }
            }
            return low > max(first, segment.first) ? low - 1 : last
        }
        return last
    }

    /// When an event was taken, or one soon after it where its row cannot be read: so it seems younger, not older.
    private func timestamp(atOrAfter sequence: UInt64, in segment: SegmentRecord, _ packs: PackOpener) -> Int64? {
        for candidate in sequence...min(segment.last, sequence + Self.probes) {
            let raw =
                segment.isPacked
                ? try? packs.timestamp(of: candidate, in: segment)
                : try? database.timestamp(of: candidate, in: segment)
            if let raw { return raw }
        }
        return nil
    }
}
