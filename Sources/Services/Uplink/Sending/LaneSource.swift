// SPDX-License-Identifier: Apache-2.0

package import Batching
package import Events
package import Storage

/// The lanes that are to be sent, as the uplink sees them: an agent's store, or a script in tests.
package struct LaneSource: Sendable {
    package var node: String
    package var epoch: Epoch
    package var storeID: UInt64
    /// With what one hub acknowledged, or, for nil, any of them.
    package var lanes: @Sendable (_ hub: UInt64?) -> [LaneState]
    /// Runs on its caller's executor as far as it can (SE-0461): threads that wake each other are what a lone event waits for.
    package var read: nonisolated(nonsending) @Sendable (Lane, UInt64, Int) async -> LaneSlice
    /// Batches that may be sent as they are, from a sequence through another; nil where there are none.
    package var packs: nonisolated(nonsending) @Sendable (Lane, ClosedRange<UInt64>, PackTerms) async -> PackSlice?
    package var acknowledge: @Sendable (Lane, SequenceSet, UInt64) -> Void
    package var giveUp: @Sendable (Gap) -> Void
    /// Primers that were kept, the newest last.
    package var primers: [Primer]
    /// Keeps primers in their place.
    package var keep: @Sendable ([Primer]) -> Void
    /// Clock records that a hub has not acknowledged.
    package var clocks: @Sendable (_ hub: UInt64) -> [ClockAnnouncement]
    package var acknowledgeClock: @Sendable (ClockAnnouncement.Name, UInt64) -> Void
    package var onCommit: @Sendable (@escaping @Sendable () -> Void) -> Void

    package init(
        node: String,
        epoch: Epoch,
        storeID: UInt64,
        lanes: @escaping @Sendable (UInt64?) -> [LaneState],
        read: nonisolated(nonsending) @escaping @Sendable (Lane, UInt64, Int) async -> LaneSlice,
        packs: nonisolated(nonsending) @escaping @Sendable (Lane, ClosedRange<UInt64>, PackTerms) async -> PackSlice? =
            { _, _, _ in nil },
        acknowledge: @escaping @Sendable (Lane, SequenceSet, UInt64) -> Void,
        giveUp: @escaping @Sendable (Gap) -> Void,
        primers: [Primer] = [],
        keep: @escaping @Sendable ([Primer]) -> Void = { _ in },
        clocks: @escaping @Sendable (UInt64) -> [ClockAnnouncement] = { _ in [] },
        acknowledgeClock: @escaping @Sendable (ClockAnnouncement.Name, UInt64) -> Void = { _, _ in },
        onCommit: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void
    ) {
        self.node = node
        self.epoch = epoch
        self.storeID = storeID
        self.lanes = lanes
        self.read = read
        self.packs = packs
        self.acknowledge = acknowledge
        self.giveUp = giveUp
        self.primers = primers
        self.keep = keep
        self.clocks = clocks
        self.acknowledgeClock = acknowledgeClock
        self.onCommit = onCommit
    }

    package init(_ store: AgentStore) {
        self.init(
            node: store.node,
            epoch: store.epoch,
            storeID: store.storeID,
            lanes: { hub in
                if let hub { store.lanes(hub: hub) } else { store.lanes() }
            },
            read: { await store.read($0, from: $1, maximumBytes: $2) },
            packs: { await store.packs($0, from: $1.lowerBound, through: $1.upperBound, $2) },
            acknowledge: { store.acknowledge($0, $1, hub: $2) },
            giveUp: { store.giveUp($0) },
            primers: store.primers,
            keep: { store.keep($0) },
            clocks: { store.clocks(unknownTo: $0) },
            acknowledgeClock: { store.acknowledge(clock: $0, hub: $1) },
            onCommit: { store.onCommit($0) }
        )
    }
}
