// SPDX-License-Identifier: Apache-2.0

import Events
import Synchronization

extension StoreCommitter {
    /// Pages handed back in one go: less than a millisecond's work, as appends wait meanwhile and the sync of the next
    /// one takes what this wrote with it.
    private static let vacuumStep: Int64 = 32
    /// Time after the last drop before pages are handed back: what is moved during a drain would be dropped next.
    static let vacuumPause: Duration = .seconds(1)
    /// Segments dropped in one go, for the same reason.
    private static let dropStep = 1
    /// Segments dropped at a clean end at most: the next opening goes on.
    private static let lastDropStep = 16
    /// Pages that one round changes, in all likelihood.
    private static let tidyPages = 96
    /// Time between two drops while devices publish: a drop holds up appends for milliseconds, and so only few of them.
    private static let patientPause: Duration = .seconds(1)
    /// Devices that published within this time are thought to go on.
    private static let commitMemory: Duration = .milliseconds(100)

    /// Writes acknowledgements and gaps down, drops what they cover and hands free pages back; says when to
    /// come again where there is more to do.
    ///
    /// None of this is synced: losing it means that events are offered again, that a segment is dropped again, and that
    /// a gap is found again. The next group commit syncs it, and a checkpoint syncs the WAL before it copies from it.
    func tidy(closing: Bool = false) -> Duration? {
        guard shared.state.withLock({ $0.damage == nil }) else { return nil }
        // What is not written down now stays in memory, and what is not dropped stays where it is.
        guard closing || hasWALRoom(pages: Self.tidyPages) else { return .milliseconds(1000) }
        let work = shared.takeTidying()
        let noted = shared.takeNoted()
        let (index, acks) = shared.snapshot()
        var next = index
        do {
            try renewLog()
            try setSynchronous(false)
            try statements.begin.run()
            var gaps = try record(work.gaps, in: &next, acks: acks)
            for clock in work.clocks {
                if let known = next.clocks.acknowledge(clock.name, hub: clock.hub) { try database.saveHub(of: known) }
            }
            if try expire(in: &next, acks: acks) { gaps = true }
            try save(work.changed, in: &next, acks: acks)
            try database.apply(noted)
            if let primers = work.primers { try database.replacePrimers(by: primers) }
            let left = try dropCovered(limit: closing ? Self.lastDropStep : Self.dropStep, in: &next, acks: acks)
            if closing { try settle(&next) }
            try statements.commit.run()
            publish(&next, events: 0)
            boundWAL()
            try lookUpOldest(in: next, acks: acks)
            if gaps { notify() }
            if left > 0 { return shared.beginTidying() ? dropPause(next) : nil }
            // Nothing is handed back at a clean end: it would take as long as the buffer was large.
            guard !closing, let pause = try handBack(next) else { return nil }
            return shared.beginTidying() ? pause : nil
        } catch {
            shared.putBack(noted)
            _ = abandon(error, .tidying)
            shared.putBack(work)
            return shared.beginTidying() ? .milliseconds(1000) : nil
        }
    }

    /// Time until the next segment is dropped; no rush as long as the budget is far, as appends make room themselves.
    private func dropPause(_ next: StoreIndex) -> Duration {
        let isServing = lastCommit.map { ContinuousClock.now - $0 < Self.commitMemory } ?? false
        let isCrowded = next.pages - next.freePages > limits.databasePages * 3 / 4
        return isServing && !isCrowded ? Self.patientPause : .milliseconds(10)
    }

    /// Enters what was given up, as far as it was neither given up nor acknowledged before; false when nothing was new.
    private func record(_ gaps: [Gap], in next: inout StoreIndex, acks: [Lane: LaneAcks]) throws -> Bool {
        var found = false
        for gap in gaps {
            guard let position = next.positions[gap.lane], gap.first > 0 else { continue }
            let last = min(gap.last, next[position].last)
            guard gap.first <= last else { continue }
            let covered = next[position].covered(acks[gap.lane]?.all ?? SequenceSet())
            for missing in covered.missing(in: gap.first...last) {
                var part = gap
                part.first = missing.lowerBound
                part.last = missing.upperBound
                try record(part, position: position, in: &next)
                found = true
            }
        }
        return found
    }

    /// Writes acknowledgements down, and forgets the gaps that they cover.
    private func save(_ changed: [Lane: Set<UInt64>], in next: inout StoreIndex, acks: [Lane: LaneAcks]) throws {
        for (lane, hubs) in changed {
            guard let position = next.positions[lane], let known = acks[lane] else { continue }
            for hub in hubs {
                guard let landed = known.hubs[hub] else { continue }
                try database.save(landed, lane: next[position].row, hub: hub)
            }
            let waiting = next[position].gaps.filter { !known.all.contains($0.first...$0.last) }
            guard waiting.count < next[position].gaps.count else { continue }
            next[position].gaps = waiting
            try database.replaceGaps(of: next[position])
            try database.update(next[position])
        }
    }

    /// At a clean end the last sequence of each lane is the highest that was ever given out.
    private func settle(_ next: inout StoreIndex) throws {
        for position in next.present where position >= 0 {
            next[position].ceiling = next[position].last
            try database.update(next[position])
        }
    }

    /// Looks up when the first waiting event of each lane was taken: one row per lane.
    private func lookUpOldest(in next: StoreIndex, acks: [Lane: LaneAcks]) throws {
        var found: [Lane: StoreShared.Oldest] = [:]
        for lane in next.lanes {
            guard let waiting = next.firstWaiting(in: lane, acks: acks),
                let segment = lane.segment(atOrAfter: waiting), segment.first <= waiting
            else { continue }
            if segment.first == waiting {
                found[lane.lane] = .init(sequence: waiting, timestamp: segment.firstTimestamp)
            } else if let timestamp = try database.timestamp(of: waiting, in: segment) {
                found[lane.lane] = .init(sequence: waiting, timestamp: timestamp)
            }
        }
        shared.state.withLock { $0.oldest = found }
    }

    /// Whether the file has outgrown its budget, as after the budget became smaller, and could be shorter.
    var isTooLarge: Bool {
        let size = shared.state.withLock { (pages: $0.index.pages, free: $0.index.freePages) }
        let slack = Int64(limits.groupBytes) / StoreLimits.pageSize
        return size.pages > limits.databasePages + slack && size.free > 0
    }

    /// Hands some free pages back to the file system; says when to come again if more should go.
    private func handBack(_ next: StoreIndex) throws -> Duration? {
        // What the next segments will take again is left to them.
        let sparePages = 2 * Int64(limits.segmentBytes) / StoreLimits.pageSize
        let isTooLarge = isTooLarge
        guard isTooLarge || next.freePages > max(sparePages, next.pages / 4) else { return shorten() }
        if !isTooLarge, let lastDrop {
            let rest = vacuumPause - (ContinuousClock.now - lastDrop)
            if rest > .zero { return rest }
        }
        try connection.execute("PRAGMA incremental_vacuum(\(Self.vacuumStep))")
        isShorteningPending = true
        var after = next
        statements.measure(into: &after)
        shared.state.withLock { state in
            state.index.pages = after.pages
            state.index.freePages = after.freePages
        }
        return after.freePages < next.freePages ? .milliseconds(20) : shorten()
    }

    /// The file becomes shorter only when the whole WAL that says so is copied; a reader may be in the way.
    private func shorten() -> Duration? {
        if isShorteningPending { isShorteningPending = !checkpoint() }
        return isShorteningPending ? .milliseconds(20) : nil
    }
}
