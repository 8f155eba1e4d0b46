// SPDX-License-Identifier: Apache-2.0

import Events
import Storage

/// What a hub's log was given, and what it promised of that; an event's content follows from its sequence.
struct HubPowerLedger {
    struct Key: Hashable, Comparable {
        var node: String
        var lane: Lane

        static func < (left: Key, right: Key) -> Bool {
            (left.node, left.lane.partition) < (right.node, right.lane.partition)
        }
    }

    struct Entry {
        /// Acknowledged to the agent: landed, or a gap.
        var acknowledged = SequenceSet()
        /// Sent as a gap, acknowledged or not.
        var gaps = SequenceSet()
        /// The highest sequence sent.
        var highest: UInt64 = 0
    }

    var lanes: [Key: Entry] = [:]

    /// The database was destroyed: what salvage finds is right, and how much that is depends on what was left.
    mutating func forget() {
        for key in lanes.keys { lanes[key]?.acknowledged = SequenceSet() }
    }

    /// Compares with what a log holds.
    func compare(_ log: HubLog) async -> (compared: Int, losses: [String]) {
        var losses: [String] = []
        var found: [Key: SequenceSet] = [:]
        do {
            for entry in try await log.all(chunk: 1 << 16) {
                let key = Key(node: entry.node, lane: entry.lane)
                for index in entry.block.records.indices {
                    let sequence = entry.block.records[index].sequence
                    if found[key]?.contains(sequence) == true { losses.append("\(sequence) landed twice") }
                    found[key, default: SequenceSet()].insert(sequence...sequence)
                    losses += difference(entry.block, index, key).map { ["\(sequence) \($0)"] } ?? []
                }
            }
        } catch {
            losses.append("\(error)")
        }
        var compared = 0
        for (key, entry) in lanes {
            let present = found[key] ?? SequenceSet()
            for range in entry.acknowledged.ranges {
                compared += range.count
                for missing in present.missing(in: range) where !entry.gaps.missing(in: missing).isEmpty {
                    losses.append("\(missing) of \(key.node) was acknowledged and is not there")
                }
            }
            losses += await claims(of: log, key, entry, present)
        }
        return (compared, losses)
    }

    /// What the log would tell the agent: no less than it had told, and nothing that it does not hold.
    private func claims(of log: HubLog, _ key: Key, _ entry: Entry, _ present: SequenceSet) async -> [String] {
        let summary = AgentIntroduction.LaneSummary(
            lane: key.lane,
            ordinal: 1,
            node: key.node,
            acknowledged: entry.acknowledged.cumulative,
            last: entry.highest,
            ceiling: entry.highest + 100
        )
        let epoch = Epoch(id: key.lane.epoch, ordinal: 1)
        let hello = AgentIntroduction(node: key.node, storeID: 7, epoch: epoch, lanes: [summary])
        // A cut may come into this; then there is nothing to compare.
        guard let claimed = try? await log.greet(hello)[key.lane] else { return [] }
        var losses: [String] = []
        for range in entry.acknowledged.ranges where !claimed.missing(in: range).isEmpty {
            losses.append("\(range) of \(key.node) was acknowledged, the log says \(claimed.ranges)")
        }
        for range in claimed.ranges {
            for missing in present.missing(in: range) where !entry.gaps.missing(in: missing).isEmpty {
                losses.append("the log says it has \(missing) of \(key.node) and does not")
            }
        }
        return losses
    }

    private func difference(_ block: EventBlock, _ index: Int, _ key: Key) -> String? {
        let sequence = block.records[index].sequence
        guard let entry = lanes[key], sequence <= entry.highest else { return "was never sent" }
        let sample = EventBlock.sample(sequence...sequence, salt: UInt64(key.lane.partition.number))
        let isSame =
            sample.payload(at: 0) == block.payload(at: index) && sample.topic(at: 0) == block.topic(at: index)
            && sample.records[0].timestamp == block.records[index].timestamp
        return isSame ? nil : "has another content"
    }
}
