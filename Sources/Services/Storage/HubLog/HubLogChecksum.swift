// SPDX-License-Identifier: Apache-2.0

import Events

/// Detects damage of rows that are all integers.
enum HubLogChecksum {
    /// Over a lane's figures, and the id that they belong to.
    static func of(_ lane: HubLogLane) -> UInt64 {
        of([
            UInt64(bitPattern: lane.id), lane.landed.cumulative, lane.highest, lane.events, lane.last, lane.ceiling,
            lane.closed ? 1 : 0, UInt64(bitPattern: lane.landedMilliseconds),
        ])
    }

    /// Over what of a lane landed beyond the consecutive part.
    static func of(ranges: some Sequence<ClosedRange<UInt64>>) -> UInt64 {
        of(ranges.flatMap { [$0.lowerBound, $0.upperBound] })
    }

    /// Over a gap of the lane with an id.
    static func of(_ gap: Gap, lane: Int64, recorded: Int64) -> UInt64 {
        of([
            UInt64(bitPattern: lane), gap.first, gap.last, UInt64(gap.reason.rawValue), gap.endKnown ? 1 : 0,
            UInt64(bitPattern: recorded),
        ])
    }

    /// Never 0, which stands for a row without.
    private static func of(_ numbers: [UInt64]) -> UInt64 {
        max(1, numbers.withUnsafeBytes { XXHash64.hash($0) })
    }
}
