// SPDX-License-Identifier: Apache-2.0

import Events
import Logging

extension StoreCommitter {
    /// How long a commit waits for someone who reads what lies in the WAL.
    private static let readerPatience: Int32 = 500
    private static let usualPatience: Int32 = 5000
    /// Pages that dropping one table changes: the schema, the table of segments, lists of free and of moved pages.
    private static let pagesPerDrop = 8

    /// Copies the WAL where it has grown to its share of the budget, or where little is left after a copy beside it.
    func boundWAL() {
        if watch.frames >= limits.walFrames || checkpointer.takeCopied() { checkpoint() }
    }

    /// Whether the WAL is worth being copied beside the commits.
    var wantsCopy: Bool { !isLogDoubtful && watch.frames >= limits.walFrames / 2 }

    /// Whether a transaction that changes so many pages leaves the WAL within the budget, if need be after it was begun
    /// anew.
    ///
    /// A reader of another program can keep it from that for as long as it likes.
    func hasWALRoom(pages: Int) -> Bool {
        if Int(watch.length) + pages <= Int(limits.maximumWALFrames) { return true }
        guard checkpoint(.restart) else { return false }
        return pages <= Int(limits.maximumWALFrames)
    }

    /// Refuses writes that would take the WAL beyond the budget.
    func reserveWAL(for writes: ArraySlice<StoreShared.Write>) throws(StoreError) {
        let needed = Int(pages(for: writes))
        let segmentPages = max(1, limits.segmentBytes / Int(StoreLimits.pageSize))
        guard !hasWALRoom(pages: needed + (needed / segmentPages + 2) * Self.pagesPerDrop) else { return }
        throw .failed(
            path: path,
            reason: """
                another program reads it and keeps its WAL from being emptied, which has grown to what the buffer may \
                take: end that program (`fuser \(path)` names it), and events are taken again
                """
        )
    }

    /// Copies the WAL into the database; false when a reader was in the way of some of it.
    @discardableResult
    func checkpoint(_ mode: SQLiteConnection.CheckpointMode = .passive) -> Bool {
        do {
            try renewLog()
            if mode != .passive { connection.setBusyTimeout(milliseconds: Self.readerPatience) }
            defer { if mode != .passive { connection.setBusyTimeout(milliseconds: Self.usualPatience) } }
            let result = try checkpointer.alone { try connection.checkpoint(mode) }
            // The count rises again with the next commit, so what was left over is tried again then.
            guard result.copied == result.frames else { return false }
            if mode == .passive { watch.frames = 0 } else { watch.restarts() }
            return true
        } catch {
            noteFailedSync(error)
            logger.warning("cannot copy the WAL into the database", metadata: ["reason": "\(error)"])
            return false
        }
    }
}
