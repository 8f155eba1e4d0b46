// SPDX-License-Identifier: Apache-2.0

import Events
package import Provenance
import Storage

/// Compares a hub's log with what was signed of it.
package struct Audit {
    /// Leaves that were compared with the events that are there.
    package private(set) var compared: UInt64 = 0
    /// Leaves whose events retention has dropped, so that only their hashes are there.
    package private(set) var dropped: UInt64 = 0
    /// Checkpoints whose tree the log begins with.
    package private(set) var checkpoints = 0
    package private(set) var findings: [HistoryFinding] = []
    /// Findings beyond this are not listed.
    package static let maximumFindings = 1_000

    private let reader: NotaryReader
    private let keys: [VerifierKey]

    /// - Parameters:
    ///   - keys: the hub's own.
    ///   - witnessed: checkpoints of this hub that others have kept, such as those in proofs.
    package init(_ reader: NotaryReader, keys: [VerifierKey], witnessed: [SignedNote] = []) throws {
        self.reader = reader
        self.keys = keys
        let kept = try reader.reading { () throws(SQLiteError) in try reader.database.checkpoints() }
        for checkpoint in kept {
            try check(SignedNote(Array(checkpoint.note.utf8)), size: checkpoint.size)
        }
        for note in witnessed { try check(note, size: 0) }
        try compareEvents()
    }

    private mutating func add(_ finding: HistoryFinding) {
        if findings.count < Self.maximumFindings { findings.append(finding) }
    }

    // MARK: Checkpoints

    /// - Parameter size: what is reported where the note is none.
    private mutating func check(_ note: SignedNote?, size: UInt64) throws {
        guard let note, let checkpoint = Checkpoint(text: note.text),
            (try? LogSignatures.check(note, of: checkpoint, keys: keys)) != nil
        else { return add(.forked(size: size)) }
        guard let isKept = try isPrefix(checkpoint) else { return }
        if isKept { checkpoints += 1 } else { add(.forked(size: checkpoint.size)) }
    }

    /// Whether the tree begins with the one of a checkpoint; nil where the events that would tell were dropped.
    private func isPrefix(_ checkpoint: Checkpoint) throws -> Bool? {
        let database = reader.database
        let (id, whole, tail) = try reader.reading { () throws(SQLiteError) in
            (try database.logID(), try database.chunkCount(), try database.tail().chunk)
        }
        let level = UInt64(LeafChunk.level)
        let origin = try LogOrigin.log(id, ofHub: reader.log.hubID())
        guard checkpoint.origin == origin, checkpoint.size <= whole << level + UInt64(tail.leaves.count) else {
            return false
        }
        let number = checkpoint.size >> level
        var chunk = LeafChunk()
        let rest = Int(checkpoint.size - number << level)
        if rest > 0, number < whole {
            let place = try reader.reading { () throws(SQLiteError) in
                number >= (try database.firstChunk() ?? whole) ? try database.chunk(number).place : nil
            }
            guard let place, try !isDropped(place) else { return nil }
            chunk = LeafChunk(try reader.leaves(from: place, count: rest).map(\.hash))
            // What is missing is found with the events.
            guard chunk.leaves.count == rest else { return nil }
        }
        let prover = try reader.prover(size: checkpoint.size, with: chunk, number: number)
        return try prover.root() == checkpoint.root
    }

    private func isDropped(_ place: ChunkPlace) throws -> Bool {
        place.position < (try reader.log.retention().oldestPosition)
    }

    // MARK: Events

    private mutating func compareEvents() throws {
        let database = reader.database
        let (first, whole, tail, end) = try reader.reading { () throws(SQLiteError) in
            let whole = try database.chunkCount()
            return (try database.firstChunk() ?? whole, whole, try database.tail(), try database.position())
        }
        var (number, start) = (whole, tail.place)
        for candidate in first..<whole {
            let place = try reader.reading { () throws(SQLiteError) in try database.chunk(candidate).place }
            if try isDropped(place) { continue }
            (number, start) = (candidate, place)
            break
        }
        dropped = number << UInt64(LeafChunk.level)
        if number == whole, try isDropped(start), !tail.chunk.leaves.isEmpty {
            dropped += UInt64(tail.chunk.leaves.count)
            return
        }
        var present = LoggedLeaves(reader.log, from: start)
        var comparison = HistoryComparison(limit: Self.maximumFindings)
        while number <= whole, !comparison.isEnough {
            let marks =
                number == whole
                ? tail.chunk.marks : try reader.reading { () throws(SQLiteError) in try database.chunk(number).marks }
            let count = marks.count / LeafChunk.markLength
            for index in 0..<count {
                let mark = marks[(index * LeafChunk.markLength)...].prefix(LeafChunk.markLength)
                comparison.sign(LeafChunk.mark(mark))
            }
            compared += UInt64(count)
            let events = try present.next(count, through: end)
            for event in events { comparison.find(.init(mark: event.hash.mark, identity: event.identity)) }
            if comparison.findings.isEmpty, number < whole { try checkHash(number, events, marks) }
            comparison.compare(isEnd: false)
            number += 1
        }
        // What was never signed, as far as anybody will read it.
        for event in try present.next(Self.maximumFindings, through: end) {
            comparison.find(.init(mark: event.hash.mark, identity: event.identity))
        }
        comparison.compare(isEnd: true)
        for finding in comparison.findings { add(finding) }
    }

    /// Marks are four bytes of each leaf; this is all of them, once the events are where they belong.
    private mutating func checkHash(_ number: UInt64, _ events: [LoggedLeaf], _ marks: [UInt8]) throws {
        guard let first = events.first, let last = events.last, events.count == LeafChunk.capacity else { return }
        let hash = try reader.reading { () throws(SQLiteError) in
            try reader.database.hash(of: Subtree(level: LeafChunk.level, index: number))
        }
        let chunk = LeafChunk(events.map(\.hash))
        if chunk.marks == marks, chunk.range.root != hash { add(.altered(first: first.identity, last: last.identity)) }
    }
}
