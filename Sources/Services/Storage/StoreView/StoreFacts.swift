// SPDX-License-Identifier: Apache-2.0

package import Events

/// What a store holds, how old it is, and for whom.
package struct StoreFacts: Sendable {
    /// What waits in one lane.
    package struct LaneFacts: Sendable {
        package var lane: Lane
        package var ordinal: UInt64
        package var node: String
        /// The first number that waits, and the last that was given out.
        package var first: UInt64
        package var last: UInt64
        package var events: UInt64
        /// When the first one that waits was taken, by the node's clock, in milliseconds since 1970.
        package var oldest: Int64?
        package var gaps: [Gap]
    }

    /// What a hub has acknowledged.
    package struct HubFacts: Sendable, Equatable {
        package var hub: UInt64
        package var events: UInt64
    }

    package var path: String
    package var isRunning: Bool
    package var storeID: UInt64
    package var node: String
    package var epochs: Int
    package var events: UInt64
    package var bytes: UInt64
    /// Those of ``events`` that lie packed.
    package var packedEvents: UInt64
    /// Lanes in which something waits, in the order in which they drain.
    package var lanes: [LaneFacts]
    /// Hubs that have acknowledged anything of the epochs that are still known; 0: a hub whose number was lost.
    package var hubs: [HubFacts]
    package var gaps: [StoreStatistics.GapCount]
    /// Damaged files that are kept beside it.
    package var damagedFiles: [String]

    init(
        path: String,
        isRunning: Bool,
        _ loaded: StoreDatabase.Loaded,
        oldest: (LaneRecord, UInt64) -> Int64?
    ) {
        self.path = path
        self.isRunning = isRunning
        storeID = loaded.storeID
        node = loaded.index.epochs.last?.node ?? loaded.node
        epochs = loaded.index.epochs.count
        (events, bytes) = loaded.index.backlog(acks: loaded.acks)
        packedEvents = loaded.index.packing().events
        gaps = loaded.index.gapTotals
        damagedFiles = SalvageFiles.kept(beside: path).map(\.path)
        let nodes = Dictionary(loaded.index.epochs.map { ($0.epoch.ordinal, $0.node) }) { first, _ in first }
        lanes = loaded.index.lanes.compactMap { lane in
            guard let first = loaded.index.firstWaiting(in: lane, acks: loaded.acks) else { return nil }
            let covered = lane.covered(loaded.acks[lane.lane]?.all ?? SequenceSet())
            return LaneFacts(
                lane: lane.lane,
                ordinal: lane.ordinal,
                node: nodes[lane.ordinal] ?? loaded.node,
                first: first,
                last: lane.last,
                events: lane.last - covered.memberCount,
                oldest: oldest(lane, first),
                gaps: lane.gaps
            )
        }.sorted { ($0.ordinal, $0.lane.partition) < ($1.ordinal, $1.lane.partition) }
        var landed: [UInt64: UInt64] = [:]
        for acks in loaded.acks.values {
            for (hub, set) in acks.hubs { landed[hub, default: 0] += set.memberCount }
        }
        hubs = landed.sorted { $0.key < $1.key }.map { HubFacts(hub: $0.key, events: $0.value) }
    }
}
