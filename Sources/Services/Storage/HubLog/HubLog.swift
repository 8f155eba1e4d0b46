// SPDX-License-Identifier: Apache-2.0

package import Events
package import Logging

/// The hub's event log: batches as they came, landed once, with the set of landed sequences in the same transaction.
///
/// A batch stays compressed on disk: one row holds its bytes, its lane and which of its sequences were new. Readers
/// decode. Safe to call from any thread; `land` and `record` only enqueue, one writer commits all that waits.
package final class HubLog: Sendable {
    package static func open(
        _ configuration: HubLogConfiguration, randomID: () -> UInt64, logger: Logger
    ) throws(StoreError) -> HubLog {
        fatalError()
    }

    /// Random, made once with the log; a copy of the log has the same.
    package var hubID: UInt64 { fatalError() }
    /// Random, new at every opening.
    package var hubEpoch: UInt64 { fatalError() }

    /// Lands one batch of a lane: sequences that have landed before are trimmed, the rest become readable.
    ///
    /// - Parameters:
    ///   - batch: the bytes as received, already seen to decode to `block`.
    ///   - block: the decoded events, consecutive sequences; handed to readers that follow closely without decoding.
    ///   - completion: called on the writer's thread after the commit was synced: the lane's landed set, or the fault.
    package func land(
        node: String, lane: Lane, batch: [UInt8], block: EventBlock,
        completion: @escaping @Sendable (Result<Landed, StoreError>) -> Void
    ) {
        fatalError()
    }

    /// Records a gap and counts its range as landed, except what has landed as events.
    package func record(
        node: String, gap: Gap, completion: @escaping @Sendable (Result<Landed, StoreError>) -> Void
    ) {
        fatalError()
    }

    /// Compares what an agent says of itself with what has landed, records the gaps that only a lost copy could fill
    /// (hub restored, store restored), remembers the agent's lanes, and returns the landed set of each lane it named.
    package func greet(_ hello: AgentIntroduction) async throws(StoreError) -> [Lane: SequenceSet] {
        fatalError()
    }

    /// Log rows after `position`, oldest first; waits for nothing.
    package func read(after position: Int64, maximumBytes: Int) async throws(StoreError) -> [LogEntry] {
        fatalError()
    }

    /// The position of the newest row; 0 for an empty log.
    package var head: Int64 { fatalError() }

    /// Called on the writer's thread after each commit that added rows.
    package func onCommit(_ body: @escaping @Sendable () -> Void) {
        fatalError()
    }

    /// The position up to which the named reader has handed events on; nil when it never stored one.
    package func cursor(_ name: String) async throws(StoreError) -> Int64? {
        fatalError()
    }

    /// Remembers a reader's position with the next group commit.
    package func setCursor(_ name: String, _ position: Int64) {
        fatalError()
    }

    package func statistics() -> HubLogStatistics {
        fatalError()
    }

    package func close() async {
        fatalError()
    }
}
