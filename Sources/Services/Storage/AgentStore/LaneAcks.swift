// SPDX-License-Identifier: Apache-2.0

import Events

/// What hubs have acknowledged of one lane.
///
/// Only ever grows, so it needs no part in a transaction that may fail.
struct LaneAcks: Sendable {
    /// By hub, so that failing over to another hub does not look like a restored one (decision 5).
    private(set) var hubs: [UInt64: SequenceSet] = [:]
    /// What any hub has: this may be deleted.
    private(set) var all = SequenceSet()
    /// Hubs whose row is out of date.
    var changed: Set<UInt64> = []

    /// Adds what `hub` has, as far as it was ever given out; returns how many events are new to ``all``.
    mutating func add(_ landed: SequenceSet, hub: UInt64, upTo last: UInt64) -> UInt64 {
        var set = hubs[hub] ?? SequenceSet()
        let before = all.memberCount
        for range in landed.ranges where range.lowerBound <= last && range.upperBound > 0 {
            let clipped = max(1, range.lowerBound)...min(last, range.upperBound)
            set.insert(clipped)
            all.insert(clipped)
        }
        if set != hubs[hub] {
            hubs[hub] = set
            changed.insert(hub)
        }
        return all.memberCount - before
    }
}

extension SequenceSet {
    /// How many sequences are in the set.
    var memberCount: UInt64 {
        ranges.reduce(0) { $0 + ($1.upperBound - $1.lowerBound + 1) }
    }

    /// Whether every sequence of `range` is in the set.
    func contains(_ range: ClosedRange<UInt64>) -> Bool {
        missing(in: range).isEmpty
    }
}
