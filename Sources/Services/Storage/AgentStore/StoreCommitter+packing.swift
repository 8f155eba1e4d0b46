// SPDX-License-Identifier: Apache-2.0

import Events
import Logging

extension StoreCommitter {
    /// Puts batches in the place of rows, in one transaction; false when the segment has changed since it was read, when
    /// there is no room, or when it failed: the rows are there as before.
    ///
    /// Not synced, as nothing is lost with it: the rows are what is there without it. The next group commit syncs it.
    func install(_ part: PackedPart) -> Bool {
        let (index, acks) = shared.snapshot()
        guard let position = index.positions[part.lane], isCurrent(part, index[position], acks) else { return false }
        guard hasRoom(for: part, index), hasWALRoom(pages: Int(pages(for: part))) else { return false }
        var next = index
        do {
            try renewLog()
            try setSynchronous(false)
            try statements.begin.run()
            try install(part, position, in: &next)
            try statements.commit.run()
        } catch {
            noteFailedSync(error)
            statements.forgetSegments()
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            logger.warning("cannot pack events; they stay as they are", metadata: ["reason": "\(error)"])
            return false
        }
        publish(&next, events: 0)
        boundWAL()
        return true
    }

    private func isCurrent(_ part: PackedPart, _ lane: LaneRecord, _ acks: [Lane: LaneAcks]) -> Bool {
        guard let place = lane.sealed.firstIndex(of: part.segment), let range = part.segment.range else { return false }
        if let pack = part.pack {
            guard place > 0, lane.sealed[place - 1] == pack else { return false }
        }
        return lane.covered(acks[lane.lane]?.all ?? SequenceSet()).missing(in: range) == [range]
    }

    /// Pages that the batches take; where the segment goes at once, it leaves them more than they need.
    private func hasRoom(for part: PackedPart, _ index: StoreIndex) -> Bool {
        guard part.remainder != nil else { return true }
        return index.pages - index.freePages + pages(for: part) <= limits.databasePages
    }

    private func pages(for part: PackedPart) -> Int64 {
        Int64(part.packedBytes * 5 / 4) / StoreLimits.pageSize + 24
    }

    private func install(_ part: PackedPart, _ position: Int, in next: inout StoreIndex) throws {
        // First, so that the batches take the pages that it leaves: the file does not grow.
        if let rest = part.remainder {
            try database.update(rest)
        } else {
            try database.drop(part.segment)
            lastDrop = .now
        }
        let pack = part.result(id: next.nextSegment)
        if part.pack == nil {
            try database.create(pack: pack, lane: next[position].row)
            next.nextSegment += 1
        } else {
            try database.update(pack)
        }
        try database.add(part.bodies, to: pack)
        next[position].pack(part.segment, into: pack, leaving: part.remainder)
    }
}

extension LaneRecord {
    /// Puts a pack in the place of a sealed segment, or before what is left of it.
    mutating func pack(_ segment: SegmentRecord, into pack: SegmentRecord, leaving rest: SegmentRecord?) {
        sealed.removeAll { $0.id == segment.id || $0.id == pack.id }
        let place = sealed.firstIndex { $0.first > pack.first } ?? sealed.count
        sealed.insert(contentsOf: [pack] + (rest.map { [$0] } ?? []), at: place)
    }
}
