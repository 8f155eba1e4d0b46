// SPDX-License-Identifier: Apache-2.0

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

    private init(_ directory: StateDirectory, _ lanes: [Lane: [[UInt8]]], _ acknowledged: [Lane: UInt64]) {
        self.directory = directory
        self.lanes = lanes
        self.acknowledged = acknowledged
    }

    /// Two openings with events of all classes and sizes, the end of them in the WAL alone.
    static func make(seed: UInt64) async throws -> TortureStore {
        var generator = SeededGenerator(seed: seed)
        let directory = StateDirectory(inMemory: true)
        var lanes: [Lane: [[UInt8]]] = [:]
        var acknowledged: [Lane: UInt64] = [:]
        var serial = 0
        for opening in 0..<2 {
            let store = try AgentStore.open(directory) { $0.maximumBytes = 8 << 20 }
            for _ in 0..<Int.random(in: 20...120, using: &generator) {
                var block = EventBlock()
                for _ in 0..<Int.random(in: 1...60, using: &generator) {
                    serial += 1
                    let eventClass = EventClass.allCases.randomElement(using: &generator) ?? .normal
                    let size =
                        Int.random(in: 0..<100, using: &generator) == 0
                        ? Int.random(in: 0...20_000, using: &generator) : Int.random(in: 0...120, using: &generator)
                    let payload =
                        Array("event \(serial) of seed \(seed): ".utf8)
                        + (0..<size).map { _ in UInt8.random(in: 0...255, using: &generator) }
                    block.append(timestamp: Int64(serial), eventClass: eventClass, topic: "t", payload: payload)
                    lanes[store.lane(eventClass), default: []].append(payload)
                }
                try await store.append(block)
            }
            if Bool.random(using: &generator) {
                let lane = store.lane(EventClass.allCases.randomElement(using: &generator) ?? .normal)
                let count = UInt64.random(in: 0...UInt64(lanes[lane]?.count ?? 0), using: &generator)
                store.acknowledge(lane, SequenceSet(cumulative: count), hub: 7)
                acknowledged[lane] = count
            }
            if opening == 1 {
                // As if it were killed now.
                let crashed = directory.copy()
                await store.close()
                return TortureStore(crashed, lanes, acknowledged)
            }
            await store.close()
        }
        return TortureStore(directory, lanes, acknowledged)
    }

    /// The bytes of the cell that an event's row is, where it fits a page.
    static func cell(_ payload: [UInt8], lane: Lane, sequence: UInt64, timestamp: Int64) -> [UInt8]? {
        var block = EventBlock()
        block.append(timestamp: timestamp, eventClass: lane.partition.eventClass, topic: "t", payload: payload)
        var body = [UInt8](repeating: 0, count: payload.count + 64)
        let length = block.bytes.withUnsafeBytes { event in
            body.withUnsafeMutableBytes {
                RowFormat.encode(block.records[0], of: event, lane: lane, sequence: sequence, to: $0)
            }
        }
        let type = varint(UInt64(length) * 2 + 12)
        let header = [UInt8(2 + type.count), 0] + type
        guard header.count + length <= 4061 else { return nil }
        return varint(UInt64(header.count + length)) + varint(sequence) + header + body[..<length]
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
