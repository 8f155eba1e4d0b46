// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import TestSupport
import Testing

@testable import Storage

/// Damages stores in every way and opens them: each start succeeds, each event whose bytes are still in the files is
/// delivered, and the rest is a gap.
///
/// 60 rounds; SALVAGE_ROUNDS=1000 for more, SALVAGE_SEED for other ones.
@Suite struct SalvageTortureTests {
    private static func number(_ name: String, _ fallback: UInt64) -> UInt64 {
        getenv(name).flatMap { UInt64(String(cString: $0)) } ?? fallback
    }

    @Test func `whatever is damaged, intact events are delivered and the rest is a gap`() async throws {
        let first = Self.number("SALVAGE_SEED", 1)
        var stores: [TortureStore] = []
        for seed in 0..<UInt64(6) { stores.append(try await TortureStore.make(seed: first &* 1000 &+ seed)) }
        var totals = Totals()
        for seed in first..<first + Self.number("SALVAGE_ROUNDS", 60) {
            var generator = SeededGenerator(seed: seed)
            let store = stores[Int(seed) % stores.count]
            let kind = Corruption.allCases[Int(seed) % Corruption.allCases.count]
            let directory = store.directory.copy()
            kind.apply(to: directory, foreign: stores[(Int(seed) + 1) % stores.count].directory, &generator)
            let intact = Self.intact(store, in: directory)
            do {
                try await Self.check(store, directory, intact: intact, "seed \(seed), \(kind)", &totals)
            } catch {
                Issue.record("seed \(seed), \(kind): \(error)")
            }
        }
        print("salvage: \(totals)")
    }

    struct Totals {
        var rounds = 0
        var salvages = 0
        var delivered = 0
        var intact = 0
        var gaps = 0
    }

    /// The events whose whole cell can be found in the files.
    ///
    /// Frames of the WAL's earlier life do not count: SQLite was free to overwrite them at any time.
    private static func intact(_ store: TortureStore, in directory: StateDirectory) -> [Lane: Set<UInt64>] {
        var places: [Int: [ArraySlice<UInt8>]] = [:]
        let mark = Array("event ".utf8)
        for name in ["/store.db", "/store.db-wal"] {
            let bytes =
                name.hasSuffix("wal") ? Self.livingFrames(directory) : StateDirectory.read(directory.path + name)
            for index in bytes.indices where bytes[index] == mark[0] && bytes[index...].starts(with: mark) {
                let serial = bytes[(index + mark.count)...].prefix(10).prefix { (48...57).contains($0) }
                guard let number = Int(String(decoding: serial, as: UTF8.self)) else { continue }
                places[number, default: []].append(bytes[max(0, index - 100)..<min(bytes.count, index + 4096)])
            }
        }
        var intact: [Lane: Set<UInt64>] = [:]
        for (lane, payloads) in store.lanes {
            for (index, payload) in payloads.enumerated() {
                let text = String(decoding: payload[mark.count...].prefix { (48...57).contains($0) }, as: UTF8.self)
                guard let serial = Int(text), let found = places[serial],
                    let cell = TortureStore.cell(
                        payload,
                        lane: lane,
                        sequence: UInt64(index + 1),
                        timestamp: Int64(serial)
                    )
                else { continue }
                // A WAL frame's page is as whole as a page of the database: cells lie in one piece.
                if found.contains(where: { slice in contains(slice, cell, payload: payload.count) }) {
                    intact[lane, default: []].insert(UInt64(index + 1))
                }
            }
        }
        return intact
    }

    /// The frames of the WAL's present life, one behind the other.
    private static func livingFrames(_ directory: StateDirectory) -> [UInt8] {
        let bytes = StateDirectory.read(directory.path + "/store.db-wal")
        guard bytes.count > 32 else { return [] }
        return stride(from: 32, to: bytes.count - 24, by: 24 + 4096).reduce(into: []) { frames, start in
            guard bytes[start + 8..<start + 16].elementsEqual(bytes[16..<24]) else { return }
            frames += bytes[start..<min(bytes.count, start + 24 + 4096)]
        }
    }

    /// Whether `slice`, cut around the payload's beginning, holds the cell.
    private static func contains(_ slice: ArraySlice<UInt8>, _ cell: [UInt8], payload: Int) -> Bool {
        let head = cell.count - payload
        let start = slice.startIndex + 100 - head
        guard start >= slice.startIndex, start + cell.count <= slice.endIndex else { return false }
        return slice[start..<start + cell.count].elementsEqual(cell)
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
        for state in await store.lanes() {
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
