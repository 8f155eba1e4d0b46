// SPDX-License-Identifier: Apache-2.0

/// How the byte budget is divided: what the database may use, and what is kept free for the WAL and for deleting.
struct StoreLimits: Sendable {
    /// The least budget that can hold anything beside its own tables.
    static let minimumBytes: Int64 = 4 << 20
    /// Bytes that may wait to be committed, whatever the budget.
    ///
    /// The broker stops reading at far less; a thousand sockets that were just about to be read can pass its mark.
    static let queueBytes = 32 << 20
    /// Bytes that wait at most for a commit interval to end.
    static let patientBytes = 256 << 10
    /// A page of 4096 bytes beats 8192 where groups are small and is not behind where they are large.
    static let pageSize: Int64 = 4096
    /// What the WAL's index, the ceiling file and its successor take at most, and some slack.
    static let smallFiles: Int64 = 256 << 10
    /// Sequences reserved in the ceiling file with one fsync (decision 13).
    static let reservation: UInt64 = 65_536
    /// Epochs that hello still names when they are drained.
    static let rememberedEpochs = 16

    /// Rows of one segment table.
    ///
    /// Grows with the budget, so that no store has more than some 500 tables: the schema is read at opening and again
    /// after each change of it.
    let segmentBytes: Int
    /// Events of one transaction.
    let groupBytes: Int
    /// Frames in the WAL at which it is copied into the database.
    let walFrames: Int32
    /// Frames that the WAL may have at any time: what the budget has left beside the database and the small files.
    let maximumWALFrames: Int32
    /// Pages that the database may use, free pages not counted.
    let databasePages: Int64

    init(maximumBytes: Int64) {
        segmentBytes = Int(max(maximumBytes / 512, min(1 << 20, maximumBytes / 32)))
        groupBytes = Int(min(1 << 20, maximumBytes / 16))
        let wal = min(4 << 20, maximumBytes / 8)
        walFrames = Int32(wal / Self.pageSize)
        // A group is committed before the WAL is looked at, and the one after it may find a reader in the way.
        let longest = wal + 3 * Int64(groupBytes)
        maximumWALFrames = Int32(longest / (Self.pageSize + 24))
        databasePages = (maximumBytes - longest - Self.smallFiles) / Self.pageSize
    }
}
