// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Glibc
import TestSupport
import Testing

@testable import Storage

/// Damages stores in every way and opens them: each start succeeds, each event whose bytes are still in the files is
/// delivered, and the rest is a gap.
///
/// 36 rounds; SALVAGE_ROUNDS=1000 for more, SALVAGE_SEED for other ones.
@Suite struct SalvageTortureTests {
    private static func number(_ name: String, _ fallback: UInt64) -> UInt64 {
        getenv(name).flatMap { UInt64(String(cString: $0)) } ?? fallback
    }

    @Test func `whatever is damaged, intact events are delivered and the rest is a gap`() async throws {
        let first = Self.number("SALVAGE_SEED", 1)
        var stores: [UInt64: TortureStore] = [:]
        var totals = Totals()
        for seed in first..<first + Self.number("SALVAGE_ROUNDS", 36) {
            var generator = SeededGenerator(seed: seed)
            // Four stores for each thousand rounds; a round is the same wherever it begins.
            let (number, next) = (seed / 1000 * 4 + seed % 4, seed / 1000 * 4 + (seed + 1) % 4)
            for number in [number, next] where stores[number] == nil {
                stores[number] = try await TortureStore.make(seed: number)
            }
            guard let store = stores[number], let foreign = stores[next] else { continue }
            let kind = Corruption.allCases[Int(seed) % Corruption.allCases.count]
            let directory = store.directory.copy()
            kind.apply(to: directory, foreign: foreign.directory, &generator)
            let pages = kind == .swappedPages ? store.pages : []
            let intact = Self.intact(store, in: directory, pages: pages, &totals)
            do {
                try await Self.check(store, directory, intact: intact, "seed \(seed), \(kind)", &totals)
            } catch {
                Issue.record("seed \(seed), \(kind): \(error)")
            }
        }
        #expect(totals.intactPacked > 0)
        print("salvage: \(totals)")
    }

    struct Totals {
        var rounds = 0
        var salvages = 0
        var delivered = 0
        var intact = 0
        var intactPacked = 0
        var gaps = 0
    }

    /// The events whose whole cell can be found in the files, those of batches only where their primer can, too.
    private static func intact(
        _ store: TortureStore,
        in directory: StateDirectory,
        pages: Set<Int>,
        _ totals: inout Totals
    ) -> [Lane: Set<UInt64>] {
        let database = StateDirectory.read(directory.path + "/store.db")
        let wal = StateDirectory.read(directory.path + "/store.db-wal")
        let cells = store.cells.filter { $0.isIntact(database: database, wal: wal, pages: pages) }
        let primers = cells.compactMap { cell -> PrimerIdentifier? in
            if case .primer(let primer) = cell.content { primer } else { nil }
        }
        var intact: [Lane: Set<UInt64>] = [:]
        for cell in cells {
            guard case .events(let lane, let range, let primer) = cell.content, primer.map(primers.contains) ?? true
            else { continue }
            intact[lane, default: []].formUnion(range)
            if range.count > 1 { totals.intactPacked += range.count }
        }
        return intact
    }

    private static func check(
        _ model: TortureStore,
        _ directory: StateDirectory,
        intact: [Lane: Set<UInt64>],
        _ name: String,
        _ totals: inout Totals
    ) async throws {
        totals.rounds += 1
        var store = try AgentStore.open(directory) { $0.maximumBytes = 8 << 20 }
        var contents: [Lane: [LaneSlice]] = [:]
        for attempt in 0... {
            contents = try await read(store)
            let isDamaged = contents.values.joined().contains { if case .failed = $0 { true } else { false } }
            guard isDamaged else { break }
            guard attempt < 3 else {
                Issue.record("\(name): still damaged after \(attempt) salvages")
                break
            }
            totals.salvages += 1
            await store.close()
            store = try AgentStore.open(directory) { $0.maximumBytes = 8 << 20 }
        }
        for (lane, payloads) in model.lanes {
            compare(
                contents[lane] ?? [],
                payloads,
                acknowledged: model.acknowledged[lane] ?? 0,
                intact: intact[lane] ?? [],
                "\(name), \(lane.partition.eventClass) \(lane.epoch)",
                &totals
            )
        }
        await store.close()
    }

    private static func read(_ store: AgentStore) async throws -> [Lane: [LaneSlice]] {
        var contents: [Lane: [LaneSlice]] = [:]
        for state in store.lanes() {
            contents[state.lane] = await store.readAll(state.lane, from: state.acknowledged + 1)
        }
        return contents
    }

    private static func compare(
        _ slices: [LaneSlice],
        _ payloads: [[UInt8]],
        acknowledged: UInt64,
        intact: Set<UInt64>,
        _ name: String,
        _ totals: inout Totals
    ) {
        var seen: Set<UInt64> = []
        var gaps: Set<UInt64> = []
        for slice in slices {
            switch slice {
            case .events(let block):
                for index in 0..<block.count {
                    let sequence = block.records[index].sequence
                    let isKnown = (1...UInt64(payloads.count)).contains(sequence)
                    #expect(
                        isKnown && Array(block.payload(at: index)) == payloads[Int(sequence) - 1],
                        "\(name): \(sequence)"
                    )
                    seen.insert(sequence)
                }
            case .gap(let gap): for sequence in gap.first...min(gap.last, 70_000) { gaps.insert(sequence) }
            case .end: break
            case .failed(let error): Issue.record("\(name): \(error)")
            }
        }
        totals.delivered += seen.count
        totals.gaps += gaps.count
        guard acknowledged < payloads.count else { return }
        let waiting = Set(acknowledged + 1...UInt64(payloads.count))
        totals.intact += intact.intersection(waiting).count
        let lost = intact.intersection(waiting).subtracting(seen)
        #expect(lost.isEmpty, "\(name): intact and not delivered: \(lost.sorted().prefix(5)) of \(lost.count)")
        let silent = waiting.subtracting(seen).subtracting(gaps)
        #expect(silent.isEmpty, "\(name): neither delivered nor a gap: \(silent.sorted().prefix(5)) of \(silent.count)")
    }
}
