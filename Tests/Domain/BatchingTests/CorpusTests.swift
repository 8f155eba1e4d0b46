// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import TestSupport
import Testing

@Suite struct CorpusTests {
    /// Bytes an event that each recording may cost, alone and with a primer of its first tenth.
    static let bounds: [(name: String, alone: Double, primed: Double)] = [
        ("meter", 6.9, 7.0), ("nab_cloud", 8.0, 4.9), ("nab_ind", 6.9, 6.9), ("can_json", 8.2, 2.6),
        ("can_bin", 4.7, 1.4), ("gps", 11.5, 10.7), ("air_lp", 6.4, 10.9), ("ais", 25, 26),
    ]

    @Test(
        .enabled(if: Corpus.isPresent, "no recordings beside the package; set CORPORA_DIR"),
        arguments: bounds.indices
    )
    func `recordings come back byte for byte, few bytes an event, in full batches`(index: Int) throws {
        let bound = Self.bounds[index]
        let block = try Corpus.load(bound.name)
        try expect(block, primer: nil, bound.alone, bound.name)
        let count = block.count / 10
        let primer = try primer(block, first: count)
        try expect(block.from(count), primer: primer, bound.primed, "\(bound.name) with a primer")
    }

    private func expect(_ block: EventBlock, primer: Primer?, _ bound: Double, _ name: String) throws {
        let packed = try expectRoundTrip(block, limit: 1_200, primer: primer, "\(name)")
        let full = packed.batches.dropLast()
        let bytes = full.reduce(0) { $0 + $1.count }
        let bytesPerEvent = Double(bytes) / Double(packed.counts.dropLast().reduce(0, +))
        #expect(bytesPerEvent <= bound, "\(name)")
        #expect(Double(bytes) >= 0.95 * 1_200 * Double(full.count), "\(name)")
    }
}
