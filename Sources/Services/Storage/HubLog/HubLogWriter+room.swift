// SPDX-License-Identifier: Apache-2.0

extension HubLogWriter {
    /// Ends segments that are long enough, and drops the oldest while the budget has no room for what is about to land.
    func makeRoom(for group: HubLogQueue.Group) throws(StoreError) {
        guard let segments else { return }
        segments.advance()
        let reason: String?
        do throws(SQLiteError) {
            try segments.rollIfDue(head: head, total: state.withLock { $0.statistics.total })
            let needed = segments.limits.pages(for: group.work.reduce(0) { $0 + $1.storedBytes })
            reason = group.work.isEmpty ? nil : try refusal(needed, segments)
        } catch {
            throw HubLogDatabase.fault(error, path: path)
        }
        if let reason { throw .overBudget(path: path, reason: reason) }
    }

    /// Makes room for so many pages in the database and its WAL; says why not where that cannot be.
    private func refusal(_ needed: Int64, _ segments: HubLogSegments) throws(SQLiteError) -> String? {
        guard let limit = segments.limits.pages, let maximum = segments.limits.frames else { return nil }
        while try segments.size().used + needed > limit {
            if let reason = try obstacle(segments) { return reason }
            try dropOldest(segments)
        }
        stopWaiting(segments)
        guard frames + needed > maximum, !restartWAL(segments) else { return nil }
        return "a reader of the log (export, backup) keeps its WAL from being used again"
    }

    /// Why the oldest segment cannot be dropped; nil when it can.
    func obstacle(_ segments: HubLogSegments) throws(SQLiteError) -> String? {
        if segments.all.count == 1 {
            guard head >= segments.open.first else { return "what it remembers of landed events needs all of it" }
            try segments.roll(head: head, total: state.withLock { $0.statistics.total })
        }
        let reader = segments.reader(awaitedBy: segments.all[0], state.withLock { $0.queue.cursors })
        segments.waits(for: reader)
        publish(segments)
        return reader.map { "reader \($0) has not handed on the oldest events yet" }
    }

    /// No reader is in the way of anything any more.
    func stopWaiting(_ segments: HubLogSegments) {
        guard segments.awaited != nil else { return }
        segments.waits(for: nil)
        publish(segments)
    }

    /// Frames in the WAL.
    private var frames: Int64 { Int64(watch?.frames ?? 0) }

    func dropOldest(_ segments: HubLogSegments) throws(SQLiteError) {
        let primers = try segments.dropOldest(state.withLock { $0.queue.cursors }).primers
        state.withLock { $0.statistics.primers -= primers }
        // Salvage alone reads it: where it cannot be written, salvage may bring back what was dropped.
        try? files.writeIdentity(hubID, dropped: segments.facts.dropped.position)
        publish(segments)
    }

    func publishSegments() {
        if let segments { publish(segments) }
    }

    func publish(_ segments: HubLogSegments) {
        let (dropped, oldest, awaited) = (segments.facts.dropped, segments.all[0], segments.awaited)
        state.withLock { contents in
            contents.recent.forget(through: dropped.position)
            contents.statistics.dropped = dropped
            contents.statistics.oldestPosition = oldest.first
            contents.statistics.oldestMilliseconds = oldest.began > 0 ? oldest.began : nil
            contents.statistics.awaitedReader = awaited
        }
    }

    /// Copies the WAL into the database where it is long.
    func checkpointIfDue() {
        let isWhole = state.withLock { $0.damage == nil }
        guard isWhole, let segments, frames >= segments.limits.checkpointFrames else { return }
        // What fails is tried after the next commit, and a disk that is full says so there.
        _ = try? segments.statements.database.checkpoint(.passive)
    }

    /// Copies the whole WAL, so that the next commit begins at its start; false when a reader is in the way.
    private func restartWAL(_ segments: HubLogSegments) -> Bool {
        let database = segments.statements.database
        database.setBusyTimeout(milliseconds: 500)
        defer { database.setBusyTimeout(milliseconds: 5_000) }
        do throws(SQLiteError) {
            try database.checkpoint(.restart)
            watch?.frames = 0
            return true
        } catch {
            return false
        }
    }
}
