// SPDX-License-Identifier: Apache-2.0

package import Events

/// A lane's landed set as it travels: the run from 1, and at most 32 ranges beyond it.
///
/// ```
/// +------------+-------------+---------------------------------------+--------------+
/// | cumulative | range count | first - end of the one before it - 2  | last - first |  ...
/// +------------+-------------+---------------------------------------+--------------+
/// ```
/// The end before the first range is `cumulative`; ranges that touch or overlap cannot be written.
package struct LandedRanges: Sendable, Equatable {
    package static let maximumRanges = 32

    package var cumulative: UInt64
    /// Ascending, disjoint, not adjacent, all above `cumulative`.
    package var ranges: [ClosedRange<UInt64>]

    package init(cumulative: UInt64, ranges: [ClosedRange<UInt64>] = []) {
        self.cumulative = cumulative
        self.ranges = ranges
    }

    /// The set as far as it fits; what is left out is offered again by the agent and trimmed by the hub.
    package init(_ set: SequenceSet) {
        cumulative = set.cumulative
        ranges = Array(set.beyond.prefix(Self.maximumRanges))
    }

    package var sequences: SequenceSet { SequenceSet(cumulative: cumulative, ranges: ranges) }
}
