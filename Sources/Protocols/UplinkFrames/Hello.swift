// SPDX-License-Identifier: Apache-2.0

package import Events

/// What an agent says of itself when a connection opens.
///
/// ```
/// +---------+------+--------------+-----------+---------------+------------+------------+-------+
/// | version | node | store id (8) | epoch (8) | its ordinal   | hub id (8) | lane count | lanes |
/// +---------+------+--------------+-----------+---------------+------------+------------+-------+
/// lane:
/// +-----------+-----------+---------+------------------------+--------------+------+---------+
/// | epoch (8) | partition | ordinal | 0, or 1 and node       | acknowledged | last | ceiling |
/// +-----------+-----------+---------+------------------------+--------------+------+---------+
/// ```
/// The version comes first, so that a later one can be told from nonsense. From version 2 on there follow the primers that
/// the agent has, eight bytes each:
///
/// ```
/// +--------------+-------------+
/// | primer count | primers (8) |
/// +--------------+-------------+
/// ```
/// Version 3 has the same hello. Later versions only ever add to its end: a hub reads as much as it knows, and answers in the
/// lower of hello's version and its own. Hubs of versions 1 and 2 say bye to a later hello instead, and the agent tries the
/// version before it.
package struct Hello: Sendable, Equatable {
    /// The frame version that this program speaks.
    package static let currentVersion: UInt32 = 3
    /// All versions that this program understands: 1 knows no primers, 2 no clock records and no ``Frame/hold(_:)``.
    package static let versions: ClosedRange<UInt32> = 1...currentVersion

    /// One lane of the agent, as far as its hub must know it.
    package struct LaneSummary: Sendable, Equatable {
        package var lane: Lane
        package var ordinal: UInt64
        /// The node name of the lane's epoch; nil when it is the agent's present one.
        package var node: String?
        /// All up to this sequence was acknowledged by the hub named in ``Hello/hub``, and may be deleted here.
        package var acknowledged: UInt64
        /// The last sequence given out.
        package var last: UInt64
        /// No sequence above this was ever given out.
        package var ceiling: UInt64

        package init(
            lane: Lane,
            ordinal: UInt64,
            node: String?,
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

    package var version: UInt32
    package var node: String
    package var storeID: UInt64
    /// Epoch now written.
    package var epoch: Epoch
    /// The hub that the `acknowledged` figures are of; 0 when none ever acknowledged.
    package var hub: UInt64
    /// Their places in this list are their handles.
    package var lanes: [LaneSummary]
    /// Identifiers of the primers that batches on this connection may name; from version 2 on.
    package var primers: [UInt64] = []

    package init(
        version: UInt32 = currentVersion,
        node: String,
        storeID: UInt64,
        epoch: Epoch,
        hub: UInt64,
        lanes: [LaneSummary],
        primers: [UInt64] = []
    ) {
        self.version = version
        self.node = node
        self.storeID = storeID
        self.epoch = epoch
        self.hub = hub
        self.lanes = lanes
        self.primers = primers
    }
}
