// SPDX-License-Identifier: Apache-2.0

package import Events
package import Provenance
package import Storage

/// Makes proofs out of what a notary keeps and the hub's log, whether or not the hub runs; needs no private key.
///
/// Both are read from a snapshot of their own: what has landed since the newest checkpoint is in the log only.
package final class NotaryReader {
    let database: NotaryDatabase
    let log: HubLogReader

    package init(directory: String, log: HubLogReader) throws(NotaryFault) {
        database = try .openForReading(path: directory + "/" + NotaryDatabase.fileName)
        self.log = log
        try reading { () throws(SQLiteError) in
            try database.connection.execute("BEGIN")
            // The snapshot begins with the first read (https://sqlite.org/isolation.html).
            _ = try database.position()
        }
        do throws(StoreError) {
            try log.renew()
        } catch {
            throw .database(path: directory, reason: "\(error)")
        }
    }

    /// The proof of an event, by the newest checkpoint.
    package func proof(of identity: EventIdentity) throws -> Proof {
        guard let found = try log.place(of: identity) else { throw NotaryFault.notLanded(identity) }
        let place = ChunkPlace(position: found.position, skip: found.index)
        guard let newest = try reading({ () throws(SQLiteError) in try database.newestCheckpoint() }),
            let note = SignedNote(Array(newest.note.utf8)), let checkpoint = Checkpoint(text: note.text)
        else { throw NotaryFault.notSigned(identity) }
        let (number, start, count) = try chunk(holding: place)
        guard start.position >= (try log.retention().oldestPosition) else {
            throw NotaryFault.neighboursDropped(identity)
        }
        let chunk = try leaves(from: start, count: count)
        guard let offset = chunk.firstIndex(where: { $0.identity == identity }) else {
            throw place.position > (try reading { () throws(SQLiteError) in try database.position() })
                ? NotaryFault.notSigned(identity) : NotaryFault.changed(identity)
        }
        let index = (number << UInt64(LeafChunk.level)) + UInt64(offset)
        guard index < checkpoint.size else { throw NotaryFault.notSigned(identity) }
        let known = LeafChunk(chunk.map(\.hash))
        let path = try prover(size: checkpoint.size, with: known, number: number).inclusion(of: index)
        let proof = Proof(leaf: chunk[offset].bytes, index: index, path: path, note: note)
        // What is in the log now need not be what was signed.
        guard chunk[offset].hash.root(at: index, of: checkpoint.size, path: path) == checkpoint.root else {
            throw NotaryFault.changed(identity)
        }
        return proof
    }

    /// The subtree of 256 that holds a place in the hub's log: where it begins there, and how many events it has.
    private func chunk(
        holding place: ChunkPlace
    ) throws(NotaryFault) -> (number: UInt64, start: ChunkPlace, count: Int) {
        try reading { () throws(SQLiteError) in
            let (tail, whole) = (try database.tail(), try database.chunkCount())
            if whole == 0 || tail.place <= place, !tail.chunk.leaves.isEmpty {
                return (whole, tail.place, tail.chunk.leaves.count)
            }
            let number = try database.chunk(at: place) ?? whole
            return (number, try database.chunk(number).place, LeafChunk.capacity)
        }
    }

    func leaves(from place: ChunkPlace, count: Int) throws -> [LoggedLeaf] {
        var leaves = LoggedLeaves(log, from: place)
        return try leaves.next(count)
    }

    /// Proofs about the tree of `size` leaves, all of them signed.
    ///
    /// - Parameter chunk: a subtree of 256, or the leaves behind the last one, that is wanted leaf by leaf.
    func prover(size: UInt64, with chunk: LeafChunk, number: UInt64) throws(NotaryFault) -> TreeProver<NotaryFault> {
        let (tail, whole) = try reading { () throws(SQLiteError) in
            (try database.tail().chunk, try database.chunkCount())
        }
        return TreeProver(size: size) { [self] subtree throws(NotaryFault) in
            if subtree.level < LeafChunk.level {
                let holder = (subtree.index << UInt64(subtree.level)) >> UInt64(LeafChunk.level)
                let holding = holder == whole ? tail : chunk
                if holder == whole || holder == number, let hash = holding.hash(of: subtree) { return hash }
            }
            return try reading { () throws(SQLiteError) in try database.hash(of: subtree) }
        }
    }

    func reading<Result>(_ body: () throws(SQLiteError) -> Result) throws(NotaryFault) -> Result {
        do throws(SQLiteError) {
            return try body()
        } catch {
            throw NotaryFault(error, path: database.path)
        }
    }
}
