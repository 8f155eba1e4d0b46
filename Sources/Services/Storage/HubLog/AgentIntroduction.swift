// SPDX-License-Identifier: Apache-2.0

package import Batching
package import Events

/// What an agent says of its store when it connects.
package struct AgentIntroduction: Sendable, Equatable {
    package struct LaneSummary: Sendable, Equatable {
        package var lane: Lane
        package var ordinal: UInt64
        /// The node name of the lane's epoch.
        package var node: String
        /// All up to this sequence was acknowledged to the agent by this hub, and may be deleted there.
        package var acknowledged: UInt64
        /// The last sequence given out; 0 when none was.
        package var last: UInt64
        /// No sequence above this was ever given out.
        package var ceiling: UInt64

        package init(
            lane: Lane,
            ordinal: UInt64,
            node: String,
            acknowledged: UInt64,
            last: UInt64,
            ceiling: UInt64
        ) {
            self.lane = lane
            self.ordinal = ordinal
            self.node = node
            self.acknowledged = acknowledged
            self.last = last
            self.ceiling = ceiling
        }
    }

    package var node: String
    package var storeID: UInt64
    /// The epoch that the agent writes now.
    package var epoch: Epoch
    /// Every lane of the agent's recent epochs, and every lane with something unacknowledged.
    package var lanes: [LaneSummary]
    /// Primers that its batches may name.
    package var primers: [PrimerIdentifier]

    package init(
        node: String,
        storeID: UInt64,
        epoch: Epoch,
        lanes: [LaneSummary],
        primers: [PrimerIdentifier] = []
    ) {
        self.node = node
        self.storeID = storeID
        self.epoch = epoch
        self.lanes = lanes
        self.primers = primers
    }
}
