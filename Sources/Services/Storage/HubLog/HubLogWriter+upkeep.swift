// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Logging

extension HubLogWriter {
    /// Looks after retention from now on.
    nonisolated func beginUpkeep() {
        executor.queue.async { self.assumeIsolated { $0.publishSegments() } }
        scheduleUpkeep(after: min(upkeepPause, .milliseconds(500)))
    }

    private nonisolated func scheduleUpkeep(after pause: Duration) {
        executor.queue.asyncAfter(deadline: .now() + pause / .seconds(1)) { [weak self] in
            guard let self, let next = self.assumeIsolated({ $0.upkeep() }) else { return }
            self.scheduleUpkeep(after: next)
        }
    }

    /// One step: drops a segment that is too old or beyond the budget, or hands some pages back; says when to come again,
    /// nil after closing.
    func upkeep() -> Duration? {
        guard let segments, state.withLock({ $0.damage == nil }) else { return nil }
        segments.advance()
        do throws(SQLiteError) {
            let total = state.withLock { $0.statistics.total }
            try segments.rollIfDue(head: head, total: total)
            let isExpired = try segments.isOldestExpired(head: head, total: total)
            let isTooLarge = try isOverBudget(segments)
            if isExpired || isTooLarge {
                guard try obstacle(segments) == nil else { return upkeepPause }
                try dropOldest(segments)
                return .milliseconds(10)
            }
            // While nothing lands because of a reader, the log alone is within its budget, and the reader is still awaited.
            if state.withLock({ $0.statistics.trouble }) == nil { stopWaiting(segments) }
            if try segments.handBack() {
                // The file becomes shorter when the WAL is copied.
                _ = try? segments.statements.database.checkpoint(.passive)
                return .milliseconds(20)
            }
            try segments.saveAge()
        } catch {
            // A disk that fails is said to, once, by what cannot land.
            logger.debug("hub log: upkeep failed", metadata: ["reason": "\(error)"])
            let fault = HubLogDatabase.fault(error, path: path)
            if case .damaged = fault { state.suspect(fault, files) }
        }
        return upkeepPause
    }

    private func isOverBudget(_ segments: HubLogSegments) throws(SQLiteError) -> Bool {
        guard let limit = segments.limits.pages, segments.all.count > 1 else { return false }
        return try segments.size().used > limit
    }
}
