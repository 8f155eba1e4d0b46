// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// Copies the WAL into the database on a thread and a connection of its own, so that no commit waits for it.
///
/// A passive checkpoint waits for nobody, and the writer may append meanwhile
/// (https://sqlite.org/c3ref/wal_checkpoint_v2.html). What was appended meanwhile is left to the writer: only when all is
/// copied does the WAL begin anew.
final class StoreCheckpointer: Sendable {
    private enum Stage: Int, AtomicRepresentable {
        case idle, copying, copied
    }

    private let queue = DispatchQueue(label: "sluice.store.checkpoint")
    private let stage = Atomic<Stage>(.idle)
    /// Whether a copy has failed at a sync.
    private let hasFailedSync = Atomic(false)
    /// Locked for as long as a copy lasts.
    private let connection: Mutex<SQLiteConnection?>

    init(_ connection: sending SQLiteConnection) {
        self.connection = Mutex(connection)
    }

    /// Begins to copy what the WAL holds now, unless it is at it; calls `done` when that has ended, well or not.
    func start(done: @escaping @Sendable () -> Void) {
        guard stage.compareExchange(expected: .idle, desired: .copying, ordering: .acquiringAndReleasing).exchanged
        else { return }
        queue.async {
            // The writer tries what failed again, and says so.
            self.connection.withLock { connection in
                do throws(SQLiteError) {
                    try connection?.checkpoint(.passive)
                } catch {
                    if error.isFailedSync { self.hasFailedSync.store(true, ordering: .releasing) }
                }
            }
            self.stage.store(.copied, ordering: .releasing)
            done()
        }
    }

    /// Whether a copy has ended since this was asked last: little is left for the writer.
    func takeCopied() -> Bool {
        stage.compareExchange(expected: .copied, desired: .idle, ordering: .acquiringAndReleasing).exchanged
    }

    /// Whether a copy has failed at a sync since this was asked last.
    func takeFailedSync() -> Bool {
        hasFailedSync.exchange(false, ordering: .acquiringAndReleasing)
    }

    /// Runs a checkpoint of another connection: two at a time are refused, so a copy under way is waited for.
    func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
        try connection.withLock { _ in try body() }
    }

    /// Closes the connection.
    func close() {
        connection.withLock { $0 = nil }
    }
}
