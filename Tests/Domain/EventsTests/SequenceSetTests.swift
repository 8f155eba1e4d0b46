// SPDX-License-Identifier: Apache-2.0

import Events
import TestSupport
import Testing

@Suite struct SequenceSetTests {
    @Test(arguments: UInt64(0)..<50)
    func `agrees with a plain set on random ranges`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var ranges = SequenceSet()
        var model: Set<UInt64> = []
        for _ in 0..<40 {
            let first = UInt64.random(in: 1...80, using: &generator)
            let range = first...(first + UInt64.random(in: 0...9, using: &generator))
            ranges.insert(range)
            model.formUnion(range)
        }
        for sequence in UInt64(0)...100 {
            #expect(ranges.contains(sequence) == model.contains(sequence), "seed \(seed)")
        }
        let missing = Set(ranges.missing(in: 1...100).flatMap(Array.init))
        #expect(missing == Set(1...100).subtracting(model), "seed \(seed)")
        for (left, right) in zip(ranges.ranges, ranges.ranges.dropFirst()) {
            #expect(left.upperBound + 1 < right.lowerBound, "adjacent ranges are merged; seed \(seed)")
        }
    }

    @Test func `cumulative is the end of the run from 1`() {
        var set = SequenceSet(cumulative: 5, ranges: [8...9])
        #expect(set.cumulative == 5)
        #expect(Array(set.beyond) == [8...9])
        set.insert(6...7)
        #expect(set.cumulative == 9)
        #expect(set.beyond.isEmpty)
        #expect(SequenceSet(cumulative: 0, ranges: [2...3]).cumulative == 0)
    }
}
