// SPDX-License-Identifier: Apache-2.0

package import Events
package import Logging

/// The agent's durable queue: every lane in one SQLite file, one writer with group commit, one reader.
///
/// Safe to call from any thread. `append` and `acknowledge` only enqueue; the writer commits all that waits in one
/// transaction (WAL, synchronous=FULL) and then calls the completions, in order, on its own thread.
package final class AgentStore: Sendable {
    /// Opens or creates the store, starts a new epoch and locks the directory.
    ///
    /// - Parameters:
    ///   - randomID: source of epoch and store ids; never called after opening.
    package static func open(
        _ configuration: StoreConfiguration, randomID: () -> UInt64, logger: Logger
    ) throws(StoreError) -> AgentStore {
        fatalError()
    }

    /// The node's name for this opening.
    package var node: String { fatalError() }
    /// The epoch of this opening.
    package var epoch: Epoch { fatalError() }
    /// Random, made once with the store; a copy of the store has the same.
    package var storeID: UInt64 { fatalError() }

    /// Makes events durable. Sequences are given in the order of calls; the records' `eventClass` decides the lane.
    ///
    /// - Parameter completion: called once, on the writer's thread, after the commit was synced or has failed.
    package func append(
        _ block: EventBlock, completion: @escaping @Sendable (Result<Void, StoreError>) -> Void
    ) {
        fatalError()
    }

    /// Called on the writer's thread after a commit that added events or gaps: tells the uplink to look.
    package func onCommit(_ body: @escaping @Sendable () -> Void) {
        fatalError()
    }

    /// What the hub has: landed or recorded as a gap. Deletes segments that are wholly acknowledged. Persisted with the
    /// next group commit; losing it in a crash only means that events are offered again.
    package func acknowledge(_ lane: Lane, _ landed: SequenceSet, hub: UInt64) {
        fatalError()
    }

    /// Gives events up: they become a gap that travels upstream in their place, and their rows go.
    package func giveUp(_ gap: Gap) {
        fatalError()
    }

    /// All lanes with something unacknowledged, and those of recent epochs: in the order in which they are to be
    /// drained (ordinal, then partition).
    package func lanes() async -> [LaneState] {
        fatalError()
    }

    /// The events of a lane from `sequence` on, as far as they are consecutive, or the gap that lies there.
    ///
    /// Runs on the reader's thread.
    package func read(_ lane: Lane, from sequence: UInt64, maximumBytes: Int) async -> LaneSlice {
        fatalError()
    }

    /// Figures for status; cheap, never waits for the disk.
    package func statistics() -> StoreStatistics {
        fatalError()
    }

    /// Commits what waits, marks a clean close and closes; later appends complete with `unavailable`.
    package func close() async {
        fatalError()
    }
}
