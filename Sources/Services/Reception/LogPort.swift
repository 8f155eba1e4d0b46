// SPDX-License-Identifier: Apache-2.0

package import Batching
package import Events
package import Storage

/// What reception asks of the hub's log, as closures, so that tests can be a slow, full or failing disk.
package struct LogPort: Sendable {
    package typealias Completion = @Sendable (Result<Landed, StoreError>) -> Void

    package typealias PrimerCompletion = @Sendable (Result<PrimerLanding, StoreError>) -> Void

    package typealias ClockCompletion = @Sendable (Result<Void, StoreError>) -> Void

    package var hubID: UInt64
    package var hubEpoch: UInt64
    package var land: @Sendable (String, Lane, [UInt8], EventBlock, @escaping Completion) -> Void
    package var record: @Sendable (String, Gap, @escaping Completion) -> Void
    /// Keeps a primer that a node published.
    package var keep: @Sendable (String, Primer, @escaping PrimerCompletion) -> Void
    /// Keeps a clock record of a node, with the store that the node's epoch opened.
    package var clock: @Sendable (ClockAnnouncement, UInt64, @escaping ClockCompletion) -> Void
    /// Those of a node's primers that are there.
    package var primers: @Sendable (String, [PrimerIdentifier]) async throws(StoreError) -> [Primer]
    package var greet: @Sendable (AgentIntroduction) async throws(StoreError) -> [Lane: SequenceSet]
    /// Remembers a lane that came to be after hello, or its new ceiling.
    package var note: @Sendable (AgentIntroduction.LaneSummary) -> Void

    package init(
        hubID: UInt64,
        hubEpoch: UInt64,
        land: @escaping @Sendable (String, Lane, [UInt8], EventBlock, @escaping Completion) -> Void,
        record: @escaping @Sendable (String, Gap, @escaping Completion) -> Void,
        keep: @escaping @Sendable (String, Primer, @escaping PrimerCompletion) -> Void,
        clock: @escaping @Sendable (ClockAnnouncement, UInt64, @escaping ClockCompletion) -> Void,
        primers: @escaping @Sendable (String, [PrimerIdentifier]) async throws(StoreError) -> [Primer],
        greet: @escaping @Sendable (AgentIntroduction) async throws(StoreError) -> [Lane: SequenceSet],
        note: @escaping @Sendable (AgentIntroduction.LaneSummary) -> Void
    ) {
        self.hubID = hubID
        self.hubEpoch = hubEpoch
        self.land = land
        self.record = record
        self.keep = keep
        self.clock = clock
        self.primers = primers
        self.greet = greet
        self.note = note
    }
}
