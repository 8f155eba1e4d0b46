// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import TestSupport

@testable import Storage

/// A store as a killed agent leaves it, and all that is in it.
final class TortureStore: Sendable {
    let directory: StateDirectory
    /// Payloads by sequence, from 1 on.
    let lanes: [Lane: [[UInt8]]]
    /// What a hub has of each lane.
    let acknowledged: [Lane: UInt64]
    /// Every cell that holds events or a primer, and where.
    let cells: [TortureCell]
    /// Offsets of the database's pages that any of them is in.
    let pages: Set<Int>

    private init(_ directory: StateDirectory, _ lanes: [Lane: [[UInt8]]], _ acknowledged: [Lane: UInt64]) throws {
        self.directory = directory
        self.lanes = lanes
        self.acknowledged = acknowledged
        let batches = try Self.packed(directory)
        // What went into a pack lies in free pages, too, which the next opening may use before it meets any damage.
        var packed: [Lane: SequenceSet] = [:]
        for case (.events(let lane, let range, _), _) in batches { packed[lane, default: SequenceSet()].insert(range) }
        var wanted: [(TortureCell.Content, [UInt8])] = []
        for (lane, payloads) in lanes {
            for (index, payload) in payloads.enumerated() {
                let sequence = UInt64(index + 1)
                let body = Self.row(payload, lane: lane, sequence: sequence)
                guard packed[lane]?.contains(sequence) != true, let cell = Self.cell(body, key: sequence) else {
                    continue
                }
                wanted.append((.events(lane, sequence...sequence, primer: nil), cell))
            }
        }
        cells = TortureCell.find(wanted + batches, in: directory)
        pages = Set(cells.flatMap(\.places).filter { !$0.isWAL }.map { $0.offset / 4096 * 4096 })
    }

    /// Three openings with events of all classes and sizes, the end of them in the WAL alone; all but the first find
    /// what is cold packed, half of the stores with primers.
    static func make(seed: UInt64) async throws -> TortureStore {
        var generator = SeededGenerator(seed: seed)
        let directory = StateDirectory(inMemory: true)
        var lanes: [Lane: [[UInt8]]] = [:]
        var acknowledged: [Lane: UInt64] = [:]
        var serial = 0
        for opening in 0..<3 {
            let store = try AgentStore.open(directory) { $0.maximumBytes = 8 << 20 }
            if seed % 2 == 0 { store.keep([try Telemetry.primer(seed: seed &+ UInt64(opening))]) }
            let appends = Int.random(in: 30...80, using: &generator)
            for round in 0..<appends {
                if opening > 0, round == appends / 2 { _ = try await store.packAll() }
                let block = Self.block(&serial, seed: seed, &generator)
                for index in block.records.indices {
                    lanes[store.lane(block.records[index].eventClass), default: []].append(
                        Array(block.payload(at: index))
                    )
                }
                try await store.append(block)
            }
            if Bool.random(using: &generator) {
                let lane = store.lane(EventClass.allCases.randomElement(using: &generator) ?? .normal)
                let count = UInt64.random(in: 0...UInt64(lanes[lane]?.count ?? 0), using: &generator)
                store.acknowledge(lane, SequenceSet(cumulative: count), hub: 7)
                acknowledged[lane] = count
            }
            if opening == 2 {
                // As if it were killed now.
                let crashed = directory.copy()
                await store.close()
                return try TortureStore(crashed, lanes, acknowledged)
            }
            await store.close()
        }
        return try TortureStore(directory, lanes, acknowledged)
    }

    private static func block(_ serial: inout Int, seed: UInt64, _ generator: inout SeededGenerator) -> EventBlock {
        var block = EventBlock()
        for _ in 0..<Int.random(in: 1...60, using: &generator) {
            serial += 1
            let isLarge = Int.random(in: 0..<100, using: &generator) == 0
            let size = Int.random(in: 0...(isLarge ? 20_000 : 120), using: &generator)
            block.append(
                timestamp: Int64(serial),
                eventClass: EventClass.allCases.randomElement(using: &generator) ?? .normal,
                topic: "t",
                payload: Array("event \(serial) of seed \(seed): ".utf8)
                    + (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
            )
        }
        return block
    }

    /// The cells of all packs, read while nothing is damaged.
    private static func packed(_ directory: StateDirectory) throws -> [(TortureCell.Content, [UInt8])] {
        let copy = directory.copy()
        let connection = try SQLiteConnection(path: copy.path + "/store.db")
        let tables = try connection.prepare("SELECT name FROM sqlite_schema WHERE name GLOB 'pack_*'")
        var cells: [(TortureCell.Content, [UInt8])] = []
        while try tables.step() {
            let rows = try connection.prepare("SELECT seq, body FROM \(tables.text(0)) ORDER BY seq")
            while try rows.step() {
                let key = rows.unsigned(0)
                let body = rows.withBlob(1) { Array($0) }
                guard let cell = cell(body, key: key),
                    let found = body.withUnsafeBytes({ PackFormat.decode($0, key: key) })
                else { continue }
                let content = Array(body[found.content])
                if key == PackFormat.primerKey {
                    cells.append((.primer(try Primer(bytes: content).identifier), cell))
                } else {
                    let primer = try BatchDecoder().header(content.span.bytes).primer
                    cells.append((.events(found.lane, key...key + UInt64(found.count) - 1, primer: primer), cell))
                }
            }
        }
        return cells
    }

    private static func row(_ payload: [UInt8], lane: Lane, sequence: UInt64) -> [UInt8] {
        let text = String(
            decoding: payload.dropFirst("event ".utf8.count).prefix { (48...57).contains($0) },
            as: UTF8.self
        )
        var block = EventBlock()
        block.append(
            timestamp: Int64(text) ?? 0,
            eventClass: lane.partition.eventClass,
            topic: "t",
            payload: payload
        )
        var body = [UInt8](repeating: 0, count: payload.count + 64)
        let length = block.bytes.withUnsafeBytes { event in
            body.withUnsafeMutableBytes {
                RowFormat.encode(block.records[0], of: event, lane: lane, sequence: sequence, to: $0)
            }
        }
        return Array(body[..<length])
    }

    /// The bytes of the cell that a row is, where it fits a page.
    private static func cell(_ body: [UInt8], key: UInt64) -> [UInt8]? {
        let type = varint(UInt64(body.count) * 2 + 12)
        let header = [UInt8(2 + type.count), 0] + type
        guard header.count + body.count <= 4061 else { return nil }
        return varint(UInt64(header.count + body.count)) + varint(key) + header + body
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var groups: [UInt8] = []
        var rest = value
        repeat {
            groups.append(UInt8(rest & 0x7f))
            rest >>= 7
        } while rest > 0
        return groups.reversed().enumerated().map { $0 == groups.count - 1 ? $1 : $1 | 0x80 }
    }
}
