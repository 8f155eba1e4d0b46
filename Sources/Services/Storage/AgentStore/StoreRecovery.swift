// SPDX-License-Identifier: Apache-2.0

import Events

/// Compares what the ceiling file remembers with what the database holds after it was opened.
///
/// Pure: takes both, returns what the database must be told.
enum StoreRecovery {
    /// A lane that the ceiling file knows, and what is missing of it.
    struct Finding: Equatable {
        var lane: Lane
        var ordinal: UInt64
        /// What is known of the highest number in use.
        var ceiling: UInt64
        /// What a hub had acknowledged when the database was last heard of.
        var acknowledged: UInt64
        /// Nil where nothing is missing: only the ceiling is news.
        var gap: Gap?
    }

    /// No hub has this number: what is acknowledged under it was so by one that nobody remembers.
    static let anyHub: UInt64 = 0

    /// - Parameters:
    ///   - boot: names the present run of the kernel.
    ///   - isSalvaged: the index is of what was found in a damaged database, and says nothing of what was not.
    static func findings(
        remembered: CeilingContents?,
        index: StoreIndex,
        boot: [UInt8],
        isSalvaged: Bool = false
    ) -> [Finding] {
        guard let remembered else { return [] }
        // A later opening has compared already and was stopped before it could replace the ceiling file.
        let known = !isSalvaged && index.epochs.contains { $0.epoch.id == remembered.epoch.id }
        if known, index.epochs.contains(where: { $0.epoch.ordinal > remembered.epoch.ordinal }) { return [] }
        // Bytes that were never synced outlive the process but not the kernel.
        let exact = remembered.clean || (remembered.boot == boot && !boot.isEmpty)
        return remembered.entries.compactMap { entry in
            let found = index[entry.lane]
            let present = max(found?.last ?? 0, entry.acknowledged)
            let ceiling = remembered.clean ? entry.last : entry.ceiling
            var finding = Finding(
                lane: entry.lane,
                ordinal: entry.ordinal,
                ceiling: ceiling,
                acknowledged: entry.acknowledged
            )
            // A database that knows this epoch holds all that was ever synced to it, unless the mark says otherwise. Of
            // one that does not (replaced, or an older copy) nothing can be said but the ceiling.
            if present < entry.last || (!known && !exact && present < entry.ceiling) {
                finding.gap = Gap(
                    lane: entry.lane,
                    first: present + 1,
                    last: exact ? entry.last : entry.ceiling,
                    reason: .unreadable,
                    endKnown: exact
                )
            } else if found == nil {
                return nil
            }
            return finding
        }
    }
}

extension StoreDatabase.Loaded {
    /// Enters what the ceiling file knows of the lane at `position`, and the database does not.
    ///
    /// - Returns: what is acknowledged beyond what the database says, to be written down.
    mutating func enter(_ finding: StoreRecovery.Finding, at position: Int) -> SequenceSet? {
        index[position].ceiling = max(finding.ceiling, index[position].last)
        guard let gap = finding.gap else { return nil }
        var landed: SequenceSet?
        if finding.acknowledged > acks[finding.lane]?.all.cumulative ?? 0 {
            index[position].last = max(index[position].last, finding.acknowledged)
            let set = SequenceSet(cumulative: finding.acknowledged)
            _ = acks[finding.lane, default: LaneAcks()].add(set, hub: StoreRecovery.anyHub, upTo: finding.acknowledged)
            acks[finding.lane]?.changed = []
            landed = set
        }
        index[position].add(gap)
        index.count(gap)
        return landed
    }
}
