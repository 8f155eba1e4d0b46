// SPDX-License-Identifier: Apache-2.0

import Events
import Provenance
import Storage

/// Makes leaves of what lands and signs the tree over them, on a thread of its own.
actor NotaryWriter {
    private nonisolated let executor = StoreExecutor(label: "sluice.notary")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let signer: HubSigner
    private let origin: String
    /// Nil after closing.
    private var database: NotaryDatabase?
    private let path: String
    /// Complete subtrees of 256.
    private var chunks = CompactRange()
    private var chunk = LeafChunk()
    private var place = ChunkPlace(position: 0, skip: 0)
    /// Of the hub's log: all up to there is in the tree.
    private(set) var position: Int64 = 0
    /// Of the hub's log: what is before it was dropped when a checkpoint was signed last.
    private var oldest: Int64 = 0
    /// Leaves under the newest checkpoint.
    private(set) var signed: UInt64 = 0

    init(_ database: NotaryDatabase, signer: HubSigner, hub: UInt64) throws(NotaryFault) {
        self.signer = signer
        self.database = database
        path = database.path
        do throws(SQLiteError) {
            origin = LogOrigin.log(try database.logID(), ofHub: hub)
            (chunks, place, chunk, position, signed) = try Self.state(of: database)
        } catch {
            throw NotaryFault(error, path: path)
        }
    }

    private var size: UInt64 { chunks.size + chunk.range.size }

    /// Whether there are leaves that no checkpoint covers.
    var isUnsigned: Bool { size > signed }

    /// Adds the events of rows of the hub's log that come next in it; durable with the next checkpoint.
    func append(_ entries: [LogEntry]) throws(NotaryFault) {
        try writing { database throws(SQLiteError) in
            for entry in entries { try append(entry, database) }
        }
    }

    private func append(_ entry: LogEntry, _ database: NotaryDatabase) throws(SQLiteError) {
        // One buffer for all leaves of a batch.
        var leaf = [TreeHash.leafPrefix] + EventLeaf.start(node: entry.node, lane: entry.lane)
        let start = leaf.count
        for index in entry.block.records.indices {
            if chunk.leaves.isEmpty { place = ChunkPlace(position: entry.position, skip: index) }
            leaf.removeSubrange(start...)
            EventLeaf.append(entry.block, at: index, to: &leaf)
            chunk.append(.leaf(prefixed: leaf))
            guard chunk.isWhole else { continue }
            try database.insert(chunk, number: chunks.size >> UInt64(LeafChunk.level), at: place)
            chunks.append(chunk.range.root, level: LeafChunk.level)
            chunk = LeafChunk()
        }
        position = entry.position
    }

    /// Signs the tree as it is now and makes it durable, where anything was added.
    ///
    /// - Parameters:
    ///   - milliseconds: since 1970, by the hub's clock.
    ///   - oldest: position of the hub's log: what is before it is dropped.
    func sign(at milliseconds: Int64, oldest: Int64) throws(NotaryFault) {
        guard isUnsigned else { return }
        var tree = chunks
        tree.append(chunk.range)
        let note = try signer.sign(Checkpoint(origin: origin, size: tree.size, root: tree.root))
        try writing { database throws(SQLiteError) in
            try database.setTail(chunk, at: place, position: position)
            try database.insert(note, size: tree.size, at: milliseconds)
            if oldest != self.oldest { try database.forget(before: oldest) }
            try database.connection.execute("COMMIT")
        }
        signed = tree.size
        self.oldest = oldest
    }

    func close() {
        // A reader or a failed sync in the way leaves the WAL to the next opening.
        if let database, (try? database.connection.checkpoint(.truncate)) != nil {
            database.connection.setCheckpointOnClose(true)
        }
        database = nil
    }

    /// Goes on with the transaction, or begins one.
    ///
    /// What fails leaves the tree as the newest checkpoint has it: what was added since is added again.
    private func writing(_ body: (NotaryDatabase) throws(SQLiteError) -> Void) throws(NotaryFault) {
        guard let database else { throw .database(path: path, reason: "is closed") }
        do throws(SQLiteError) {
            if !database.connection.isInTransaction { try database.connection.execute("BEGIN IMMEDIATE") }
            try body(database)
        } catch {
            if database.connection.isInTransaction { try? database.connection.execute("ROLLBACK") }
            if let state = try? Self.state(of: database) { (chunks, place, chunk, position, signed) = state }
            throw NotaryFault(error, path: path)
        }
    }

    private static func state(
        of database: NotaryDatabase
    ) throws(SQLiteError) -> (CompactRange, ChunkPlace, LeafChunk, Int64, UInt64) {
        let tail = try database.tail()
        let signed = try database.newestCheckpoint()?.size ?? 0
        return (try database.wholeChunks(), tail.place, tail.chunk, try database.position(), signed)
    }
}
