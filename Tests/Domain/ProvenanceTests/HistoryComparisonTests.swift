// SPDX-License-Identifier: Apache-2.0

import Events
import Provenance
import TestSupport
import Testing

@Suite struct HistoryComparisonTests {
    private static func identity(_ sequence: Int) -> EventIdentity {
        EventIdentity(
            node: "gw",
            lane: Lane(epoch: 1, partition: Partition(number: 0)),
            sequence: UInt64(sequence)
        )
    }

    /// Sequences 1 to `signed` were signed, and these are there, in this order; `changed` are others than they were.
    private static func findings(
        signed: Int,
        present: [Int],
        changed: Set<Int> = [],
        window: Int = 64,
        limit: Int = 10
    ) -> [HistoryFinding] {
        func mark(_ sequence: Int) -> UInt32 { UInt32(sequence) &* 2_654_435_761 }
        var comparison = HistoryComparison(window: window, limit: limit)
        var rest = present[...]
        for sequence in 1...signed {
            comparison.sign(mark(sequence))
            if let next = rest.popFirst() {
                let mark = changed.contains(next) ? mark(next) ^ 1 : mark(next)
                comparison.find(.init(mark: mark, identity: identity(next)))
            }
            if sequence.isMultiple(of: 16) { comparison.compare(isEnd: false) }
        }
        for next in rest { comparison.find(.init(mark: mark(next), identity: identity(next))) }
        comparison.compare(isEnd: true)
        return comparison.findings
    }

    @Test func `one history has no findings`() {
        #expect(Self.findings(signed: 1_000, present: Array(1...1_000)).isEmpty)
    }

    @Test(arguments: [1...1, 2...2, 500...500, 499...560, 1...40])
    func `what is missing is named by what follows it`(range: ClosedRange<Int>) {
        let present = (1...1_000).filter { !range.contains($0) }
        let finding = HistoryFinding.missing(
            count: range.count,
            first: Self.identity(range.lowerBound),
            next: Self.identity(range.upperBound + 1)
        )
        #expect(Self.findings(signed: 1_000, present: present) == [finding])
    }

    @Test func `what is missing at the end is counted`() {
        let findings = Self.findings(signed: 1_000, present: Array(1...900))
        #expect(findings == [.missing(count: 100, first: nil, next: nil)])
    }

    @Test func `changed, moved and added events are told apart`() {
        #expect(
            Self.findings(signed: 300, present: Array(1...300), changed: [1, 150, 300])
                == [.changed(Self.identity(1)), .changed(Self.identity(150)), .changed(Self.identity(300))]
        )
        var moved = Array(1...300)
        moved.swapAt(99, 100)
        #expect(Self.findings(signed: 300, present: moved) == [.reordered(Self.identity(101))])
        var added = Array(1...300)
        added.insert(5_000, at: 200)
        #expect(Self.findings(signed: 300, present: added) == [.added(Self.identity(5_000))])
        #expect(Self.findings(signed: 300, present: Array(1...301)) == [.added(Self.identity(301))])
    }

    @Test func `it ends when there are findings enough`() {
        #expect(Self.findings(signed: 5_000, present: Array(6_000...11_000), limit: 7).count == 7)
    }

    @Test func `whatever single thing is done to a history is found`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var present = Array(1...400)
            let place = Int.random(in: 0..<400, using: &random)
            var changed: Set<Int> = []
            switch Int.random(in: 0..<4, using: &random) {
            case 0: present.remove(at: place)
            case 1: present.insert(1_000, at: place)
            case 2: present.insert(present.remove(at: place), at: (place + 7) % 399)
            default: changed = [place + 1]
            }
            guard present != Array(1...400) || !changed.isEmpty else { continue }
            #expect(!Self.findings(signed: 400, present: present, changed: changed).isEmpty, "seed \(seed)")
        }
    }
}
