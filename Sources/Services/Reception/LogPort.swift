// SPDX-License-Identifier: Apache-2.0

package import Events
package import Storage

/// What reception asks of the hub's log, as closures, so that tests can be a slow, full or failing disk.
package struct LogPort: Sendable {
    package typealias Completion = @Sendable (Result<Landed, StoreError>) -> Void

    package var hubID: UInt64
    package var hubEpoch: UInt64
    package var land: @Sendable (String, Lane, [UInt8], EventBlock, @escaping Completion) -> Void
    package var record: @Sendable (String, Gap, @escaping Completion) -> Void
    package var greet: @Sendable (AgentIntroduction) async throws(StoreError) -> [Lane: SequenceSet]
    /// Remembers a lane that came to be after hello, or its new ceiling.
    package var note: @Sendable (AgentIntroduction.LaneSummary) -> Void

    package init(
        hubID: UInt64,
        hubEpoch: UInt64,
        land: @escaping @Sendable (String, Lane, [UInt8], EventBlock, @escaping Completion) -> Void,
        record: @escaping @Sendable (String, Gap, @escaping Completion) -> Void,
        greet: @escaping @Sendable (AgentIntroduction) async throws(StoreError) -> [Lane: SequenceSet],
        note: @escaping @Sendable (AgentIntroduction.LaneSummary) -> Void
    ) {
        self.hubID = hubID
        self.hubEpoch = hubEpoch
        self.land = land
        self.record = record
        self.greet = greet
        self.note = note
    }
}
