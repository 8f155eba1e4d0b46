// SPDX-License-Identifier: Apache-2.0

import Provenance
import Storage

extension NotaryDatabase {
    /// The random part of the log's origin.
    func logID() throws(SQLiteError) -> UInt64 {
        UInt64(bitPattern: try connection.integer("SELECT value FROM meta WHERE key = 'log_id'") ?? 0)
    }

    /// Of the hub's log: its events up to there are leaves.
    func position() throws(SQLiteError) -> Int64 {
        try connection.integer("SELECT value FROM meta WHERE key = 'position'") ?? 0
    }

    /// Complete subtrees of 256.
    func chunkCount() throws(SQLiteError) -> UInt64 {
        UInt64(try connection.integer("SELECT max(number) + 1 FROM chunks") ?? 0)
    }

    /// The lowest complete subtree of 256 whose leaves are still told apart; nil before there is one.
    func firstChunk() throws(SQLiteError) -> UInt64? {
        try connection.integer("SELECT min(number) FROM chunks").map { UInt64($0) }
    }

    /// The highest complete subtree of 256 that begins at or before a place; the lowest where none does, nil before there is
    /// one.
    func chunk(at place: ChunkPlace) throws(SQLiteError) -> UInt64? {
        guard var low = try firstChunk() else { return nil }
        // They follow one another as the log does: a binary search.
        var high = try chunkCount()
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if try chunk(middle).place <= place { low = middle } else { high = middle }
        }
        return low
    }

    /// Where a complete subtree of 256 begins, and what it keeps of its leaves.
    func chunk(_ number: UInt64) throws(SQLiteError) -> (place: ChunkPlace, marks: [UInt8]) {
        let select = try connection.prepare("SELECT position, skip, marks FROM chunks WHERE number = ?")
        select.bind(number, at: 1)
        guard try select.step() else { throw Self.missing("chunk \(number)") }
        let place = ChunkPlace(position: select.integer(0), skip: Int(select.integer(1)))
        return (place, select.withBlob(2) { Array($0) })
    }

    /// The leaves behind the last complete subtree of 256.
    func tail() throws(SQLiteError) -> (place: ChunkPlace, chunk: LeafChunk) {
        let select = try connection.prepare("SELECT position, skip, leaves FROM tail")
        guard try select.step() else { throw Self.missing("tail") }
        let bytes = select.withBlob(2) { Array($0) }
        var chunk = LeafChunk()
        for start in stride(from: 0, to: bytes.count, by: TreeHash.length) {
            guard !chunk.isWhole, let leaf = TreeHash(bytes: Array(bytes[start...].prefix(TreeHash.length))) else {
                throw Self.missing("tail")
            }
            chunk.append(leaf)
        }
        return (ChunkPlace(position: select.integer(0), skip: Int(select.integer(1))), chunk)
    }

    /// The hash of a complete subtree of 256 leaves or more.
    func hash(of subtree: Subtree) throws(SQLiteError) -> TreeHash {
        if subtree.level.isMultiple(of: LeafChunk.level) {
            let select = try connection.prepare("SELECT hash FROM subtrees WHERE level = ? AND number = ?")
            select.bind(Int64(subtree.level), at: 1)
            select.bind(subtree.index, at: 2)
            guard try select.step(), let hash = TreeHash(bytes: select.withBlob(0) { Array($0) }) else {
                throw Self.missing("subtree \(subtree.index) of level \(subtree.level)")
            }
            return hash
        }
        return try join(subtree)
    }

    /// The hash of a subtree out of those of its halves.
    func join(_ subtree: Subtree) throws(SQLiteError) -> TreeHash {
        let left = try hash(of: Subtree(level: subtree.level - 1, index: subtree.index * 2))
        let right = try hash(of: Subtree(level: subtree.level - 1, index: subtree.index * 2 + 1))
        return TreeHash.node(left, right)
    }

    /// The tree as far as it consists of complete subtrees of 256.
    func wholeChunks() throws(SQLiteError) -> CompactRange {
        let size = try chunkCount() << UInt64(LeafChunk.level)
        var range = CompactRange()
        while range.size < size {
            let level = 63 - (size - range.size).leadingZeroBitCount
            let subtree = Subtree(level: level, index: range.size >> UInt64(level))
            range.append(try hash(of: subtree), level: level)
        }
        return range
    }

    /// Signed notes, the newest first.
    func checkpoints() throws(SQLiteError) -> [(size: UInt64, note: String)] {
        let select = try connection.prepare("SELECT size, note FROM checkpoints ORDER BY size DESC")
        var found: [(size: UInt64, note: String)] = []
        while try select.step() { found.append((select.unsigned(0), select.text(1))) }
        return found
    }

    /// The newest signed note; nil before there is one.
    func newestCheckpoint() throws(SQLiteError) -> (size: UInt64, note: String)? {
        let select = try connection.prepare("SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1")
        return try select.step() ? (select.unsigned(0), select.text(1)) : nil
    }

    static func missing(_ what: String) -> SQLiteError {
        SQLiteError(damage: "\(what) is not there: it was removed, or is damaged")
    }
}
