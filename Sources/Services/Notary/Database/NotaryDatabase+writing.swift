// SPDX-License-Identifier: Apache-2.0

import Provenance
import Storage

extension NotaryDatabase {
    /// Milliseconds of which at most one checkpoint is kept, beside the newest.
    private static let hour: Int64 = 3_600_000

    /// Adds a complete subtree of 256, and the larger ones that are complete with it; part of a transaction.
    func insert(_ chunk: LeafChunk, number: UInt64, at place: ChunkPlace) throws(SQLiteError) {
        let row = try connection.prepare("INSERT INTO chunks (number, position, skip, marks) VALUES (?, ?, ?, ?)")
        row.bind(number, at: 1)
        row.bind(place.position, at: 2)
        row.bind(Int64(place.skip), at: 3)
        let marks = chunk.marks
        row.bind(marks.span.bytes, at: 4)
        try row.run()
        var subtree = Subtree(level: LeafChunk.level, index: number)
        try set(chunk.range.root, of: subtree)
        while (subtree.index + 1).trailingZeroBitCount >= LeafChunk.level {
            subtree.index >>= UInt64(LeafChunk.level)
            subtree.level += LeafChunk.level
            try set(try join(subtree), of: subtree)
        }
    }

    /// Lets go of what is kept of single leaves whose events are dropped; their hashes stay, and with them every proof.
    ///
    /// - Parameter position: the oldest of the hub's log.
    func forget(before position: Int64) throws(SQLiteError) {
        guard let kept = try chunk(at: ChunkPlace(position: position, skip: 0)) else { return }
        let delete = try connection.prepare("DELETE FROM chunks WHERE number < ?")
        delete.bind(kept, at: 1)
        try delete.run()
    }

    private func set(_ hash: TreeHash, of subtree: Subtree) throws(SQLiteError) {
        let row = try connection.prepare("INSERT INTO subtrees (level, number, hash) VALUES (?, ?, ?)")
        row.bind(Int64(subtree.level), at: 1)
        row.bind(subtree.index, at: 2)
        let bytes = hash.bytes
        row.bind(bytes.span.bytes, at: 3)
        try row.run()
    }

    /// Puts down the leaves that make no complete subtree of 256 yet; part of a transaction.
    func setTail(_ chunk: LeafChunk, at place: ChunkPlace, position: Int64) throws(SQLiteError) {
        let update = try connection.prepare("UPDATE tail SET position = ?, skip = ?, leaves = ?")
        update.bind(place.position, at: 1)
        update.bind(Int64(place.skip), at: 2)
        let leaves = chunk.leaves.flatMap(\.bytes)
        update.bind(leaves.span.bytes, at: 3)
        try update.run()
        let reached = try connection.prepare("UPDATE meta SET value = ? WHERE key = 'position'")
        reached.bind(position, at: 1)
        try reached.run()
    }

    /// Keeps a signed note, and of those before it the last of each hour; part of a transaction.
    ///
    /// - Parameter milliseconds: since 1970, by the hub's clock.
    func insert(_ note: SignedNote, size: UInt64, at milliseconds: Int64) throws(SQLiteError) {
        let delete = try connection.prepare(
            """
            DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints) AND made_ms / ? = ?
            """
        )
        delete.bind(Self.hour, at: 1)
        delete.bind(milliseconds / Self.hour, at: 2)
        try delete.run()
        let row = try connection.prepare("INSERT INTO checkpoints (size, made_ms, note) VALUES (?, ?, ?)")
        row.bind(size, at: 1)
        row.bind(milliseconds, at: 2)
        row.bind(note.note, at: 3)
        try row.run()
    }
}
