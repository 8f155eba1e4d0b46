// SPDX-License-Identifier: Apache-2.0

/// A set of sequences kept as disjoint, ascending, non-adjacent ranges.
///
/// Acknowledgements and landed events are such sets: a long run from 1 and, rarely, a few ranges beyond it.
package struct SequenceSet: Sendable, Equatable {
    /// Ascending, disjoint, never adjacent.
    package private(set) var ranges: [ClosedRange<UInt64>] = []

    package init() {}

    /// The set of all sequences from 1 through `cumulative`, and `ranges` beyond it.
    package init(cumulative: UInt64, ranges: [ClosedRange<UInt64>] = []) {
        if cumulative > 0 { insert(1...cumulative) }
        for range in ranges { insert(range) }
    }

    /// The last sequence of the run that starts at 1; 0 when 1 is missing.
    package var cumulative: UInt64 {
        guard let first = ranges.first, first.lowerBound <= 1 else { return 0 }
        return first.upperBound
    }

    /// The ranges beyond ``cumulative``.
    package var beyond: ArraySlice<ClosedRange<UInt64>> {
        cumulative > 0 ? ranges.dropFirst() : ranges[...]
    }

    /// The highest member, or 0.
    package var highest: UInt64 { ranges.last?.upperBound ?? 0 }

    package func contains(_ sequence: UInt64) -> Bool {
        let index = firstIndex(endingAtOrAfter: sequence)
        return index < ranges.count && ranges[index].contains(sequence)
    }

    /// Adds `range`, merging what touches it.
    package mutating func insert(_ range: ClosedRange<UInt64>) {
        let below = range.lowerBound == 0 ? 0 : range.lowerBound - 1
        let start = firstIndex(endingAtOrAfter: below)
        var end = start
        var merged = range
        while end < ranges.count,
            ranges[end].lowerBound <= range.upperBound
                || ranges[end].lowerBound - 1 == range.upperBound
        {
            merged = min(merged.lowerBound, ranges[end].lowerBound)...max(merged.upperBound, ranges[end].upperBound)
            end += 1
        }
        ranges.replaceSubrange(start..<end, with: CollectionOfOne(merged))
    }

    /// The parts of `range` that are not in the set, ascending.
    package func missing(in range: ClosedRange<UInt64>) -> [ClosedRange<UInt64>] {
        var result: [ClosedRange<UInt64>] = []
        var next = range.lowerBound
        var index = firstIndex(endingAtOrAfter: range.lowerBound)
        while index < ranges.count, ranges[index].lowerBound <= range.upperBound {
            if ranges[index].lowerBound > next { result.append(next...(ranges[index].lowerBound - 1)) }
            guard ranges[index].upperBound < range.upperBound else { return result }
            next = ranges[index].upperBound + 1
            index += 1
        }
        result.append(next...range.upperBound)
        return result
    }

    /// Binary search: the first range whose upper bound is at or above `sequence`.
    private func firstIndex(endingAtOrAfter sequence: UInt64) -> Int {
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].upperBound < sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
