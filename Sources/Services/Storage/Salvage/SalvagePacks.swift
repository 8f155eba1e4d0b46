// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// Which packs the new store gets: runs of batches of one lane that lie side by side and build on the same primer.
///
/// Batches stay as they are. Made into rows they would take several times the room, and the budget would cost events.
struct SalvagePacks {
    struct Run: Equatable {
        var primer: PrimerIdentifier?
        var range: ClosedRange<UInt64>
        var bytes: Int
    }

    private struct Key: Hashable {
        var lane: Lane
        var primer: PrimerIdentifier?
    }

    /// Bytes of a pack, before the next one is begun.
    let packBytes: Int
    private var runs: [Key: [Run]] = [:]
    /// Runs at which those that have come to touch are joined; pages lie in any order.
    private var patience: [Key: Int] = [:]

    init(packBytes: Int) {
        self.packBytes = packBytes
    }

    mutating func note(_ batch: SalvagedBatch) {
        guard let header = batch.header else { return }
        let key = Key(lane: batch.lane, primer: header.primer)
        let run = Run(primer: header.primer, range: batch.range, bytes: batch.body.count)
        runs[key, default: []].append(run)
        guard let count = runs[key]?.count, count >= patience[key] ?? 1_024 else { return }
        runs[key] = joined(runs[key] ?? [])
        patience[key] = max(1_024, 2 * (runs[key]?.count ?? 0))
    }

    /// The packs of a lane, ascending and disjoint; only those whose primer is there.
    func plan(_ lane: Lane, primers: Set<PrimerIdentifier>) -> [Run] {
        let usable = runs.filter { $0.key.lane == lane && $0.key.primer.map(primers.contains) ?? true }
        let all = usable.values.flatMap(joined).sorted { $0.range.lowerBound < $1.range.lowerBound }
        var next: UInt64 = 0
        return all.compactMap { run in
            guard run.range.upperBound >= next else { return nil }
            var run = run
            run.range = max(next, run.range.lowerBound)...run.range.upperBound
            next = run.range.upperBound + 1
            return run
        }
    }

    /// Makes one of runs that touch or overlap, up to the size of a pack.
    private func joined(_ runs: [Run]) -> [Run] {
        var result: [Run] = []
        for run in runs.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            guard let last = result.last, run.range.lowerBound <= last.range.upperBound + 1,
                run.range.upperBound <= last.range.upperBound || last.bytes < packBytes
            else {
                result.append(run)
                continue
            }
            guard run.range.upperBound > last.range.upperBound else { continue }
            result[result.count - 1].range = last.range.lowerBound...run.range.upperBound
            result[result.count - 1].bytes += run.bytes
        }
        return result
    }
}
