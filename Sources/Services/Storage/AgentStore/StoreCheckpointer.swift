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

    private struct State {
        var connection: SQLiteConnection?
        /// Whether the copy that was asked for is still to be made.
        var isWanted = false
    }

    private let queue = DispatchQueue(label: "sluice.store.checkpoint")
    private let stage = Atomic<Stage>(.idle)
    /// Whether a copy has failed at a sync.
    private let hasFailedSync = Atomic(false)
    /// Locked for as long as a copy lasts.
    private let state: Mutex<State>

    init(_ connection: sending SQLiteConnection) {
        state = Mutex(State(connection: connection))
    }

    /// Begins to copy what the WAL holds now, unless it is at it; calls `done` when that has ended, well or not.
    func start(done: @escaping @Sendable () -> Void) {
        guard stage.compareExchange(expected: .idle, desired: .copying, ordering: .acquiringAndReleasing).exchanged
        else { return }
        state.withLock { $0.isWanted = true }
        queue.async {
            // The writer tries what failed again, and says so.
            self.state.withLock { state in
                guard state.isWanted else { return }
                state.isWanted = false
                do throws(SQLiteError) {
                    try state.connection?.checkpoint(.passive)
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
    ///
    /// A copy that was asked for and has not begun is not made any more. SQLite before 3.51.3 loses commits where a
    /// checkpoint begins on a WAL that is copied already while a commit begins it anew: it then takes frames of the new
    /// one for copied (https://sqlite.org/wal.html#walresetbug). Right after a commit something is left to copy, so that
    /// the WAL cannot begin anew before the copy has ended; after another checkpoint nothing is.
    func alone<Result>(_ body: () throws -> Result) rethrows -> Result {
        try state.withLock { state in
            state.isWanted = false
            return try body()
        }
    }

    /// Closes the connection.
    func close() {
        state.withLock { $0.connection = nil }
    }
}
