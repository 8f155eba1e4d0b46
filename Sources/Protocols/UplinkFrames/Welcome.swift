// SPDX-License-Identifier: Apache-2.0

/// The hub's answer to hello.
///
/// ```
/// +---------+------------+-----------+---------------------+--------+------------+--------------+
/// | version | hub id (8) | hub epoch | maximum event bytes | credit | lane count | LandedRanges | ...
/// +---------+------------+-----------+---------------------+--------+------------+--------------+
/// ```
/// From version 2 on there follow what the hub takes of primers and which of those in hello it has:
///
/// ```
/// +----------------------+--------------+-------------+
/// | maximum primer bytes | primer count | primers (8) |
/// +----------------------+--------------+-------------+
/// ```
package struct Welcome: Sendable, Equatable {
    /// That of the hello it answers, or an older one that the hub speaks.
    package var version: UInt32
    package var hubID: UInt64
    package var hubEpoch: UInt64
    /// Largest event that the hub takes, in bytes of topic and payload.
    package var maximumEventBytes: UInt64
    /// As ``Frame/credit(total:)``.
    package var credit: UInt64
    /// What has landed of each lane, in the order of hello.
    package var landed: [LandedRanges]
    /// Bytes of the longest primer that the hub takes; 0 when it takes none.
    package var maximumPrimerBytes: UInt64
    /// Those of the primers in hello that the hub has.
    package var primers: [UInt64]

    package init(
        version: UInt32 = Hello.currentVersion,
        hubID: UInt64,
        hubEpoch: UInt64,
        maximumEventBytes: UInt64,
        credit: UInt64,
        landed: [LandedRanges],
        maximumPrimerBytes: UInt64 = 0,
        primers: [UInt64] = []
    ) {
        self.version = version
        self.hubID = hubID
        self.hubEpoch = hubEpoch
        self.maximumEventBytes = maximumEventBytes
        self.credit = credit
        self.landed = landed
        self.maximumPrimerBytes = maximumPrimerBytes
        self.primers = primers
    }
}
