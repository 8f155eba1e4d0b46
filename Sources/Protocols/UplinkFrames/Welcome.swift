// SPDX-License-Identifier: Apache-2.0

/// The hub's answer to hello.
///
/// ```
/// +---------+------------+-----------+---------------------+--------+------------+--------------+
/// | version | hub id (8) | hub epoch | maximum event bytes | credit | lane count | LandedRanges | ...
/// +---------+------------+-----------+---------------------+--------+------------+--------------+
/// ```
package struct Welcome: Sendable, Equatable {
    package var version: UInt32 = Hello.currentVersion
    package var hubID: UInt64
    package var hubEpoch: UInt64
    /// Largest event that the hub takes, in bytes of topic and payload.
    package var maximumEventBytes: UInt64
    /// As ``Frame/credit(total:)``.
    package var credit: UInt64
    /// What has landed of each lane, in the order of hello.
    package var landed: [LandedRanges]

    package init(hubID: UInt64, hubEpoch: UInt64, maximumEventBytes: UInt64, credit: UInt64, landed: [LandedRanges]) {
        self.hubID = hubID
        self.hubEpoch = hubEpoch
        self.maximumEventBytes = maximumEventBytes
        self.credit = credit
        self.landed = landed
    }
}
