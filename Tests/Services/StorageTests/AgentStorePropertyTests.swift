// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import TestSupport
import Testing

@Suite struct AgentStorePropertyTests {
    /// What a lane should hold: the text of each event, nil where it was given up.
    private struct Model {
        var lanes: [Lane: [String?]] = [:]
        var acknowledged: [Lane: SequenceSet] = [:]

        var waiting: Int {
            lanes.reduce(0) { sum, entry in
                sum
                    + entry.value.indices.count { index in
                        entry.value[index] != nil && acknowledged[entry.key]?.contains(UInt64(index + 1)) != true
                    }
            }
        }
    }

    @Test(arguments: UInt64(0)..<12)
    func `agrees with a model through appends, acknowledgements, gaps, packing, crashes and reopenings`(
        seed: UInt64
    ) async throws {
        var generator = SeededGenerator(seed: seed)
        var directory = StateDirectory()
        var model = Model()
        var store = try AgentStore.open(directory) { $0.maximumBytes = 64 << 20 }
        var serial = 0
        var packed = 0
        for _ in 0..<60 {
            switch Int.random(in: 0..<22, using: &generator) {
            case 0..<10:
                var block = EventBlock()
                for _ in 0..<Int.random(in: 1...40, using: &generator) {
                    serial += 1
                    let eventClass = EventClass.allCases.randomElement(using: &generator) ?? .normal
                    let text = "\(serial)" + String(repeating: "z", count: .random(in: 0...4000, using: &generator))
                    block.append(timestamp: 1, eventClass: eventClass, topic: "t", payload: Array(text.utf8))
                    model.lanes[store.lane(eventClass), default: []].append(text)
                }
                try await store.append(block)
            case 10..<14:
                guard let (lane, texts) = model.lanes.randomElement(using: &generator), !texts.isEmpty else { continue }
                let first = UInt64.random(in: 1...UInt64(texts.count), using: &generator)
                let last = min(UInt64(texts.count), first + .random(in: 0...60, using: &generator))
                var landed = SequenceSet()
                landed.insert(Bool.random(using: &generator) ? 1...last : first...last)
                for range in landed.ranges { model.acknowledged[lane, default: SequenceSet()].insert(range) }
                store.acknowledge(lane, landed, hub: .random(in: 1...2, using: &generator))
            case 14..<16:
                guard let (lane, texts) = model.lanes.randomElement(using: &generator), !texts.isEmpty else { continue }
                let first = UInt64.random(in: 1...UInt64(texts.count), using: &generator)
                let last = min(UInt64(texts.count), first + .random(in: 0...5, using: &generator))
                for sequence in first...last where model.acknowledged[lane]?.contains(sequence) != true {
                    model.lanes[lane]?[Int(sequence) - 1] = nil
                }
                store.giveUp(Gap(lane: lane, first: first, last: last, reason: .rejected))
                let waiting = model.waiting
                #expect(await store.settles { $0.backlogEvents == waiting }, "seed \(seed)")
            case 16..<18:
                await store.close()
                store = try AgentStore.open(directory) { $0.maximumBytes = 64 << 20 }
            case 18:
                // A crash may forget acknowledgements of the last tenth of a second; give them again.
                let crashed = directory.copy()
                await store.close()
                directory = crashed
                store = try AgentStore.open(directory) { $0.maximumBytes = 64 << 20 }
                for (lane, landed) in model.acknowledged { store.acknowledge(lane, landed, hub: 1) }
            case 19...20:
                let primer = try Bool.random(using: &generator) ? Telemetry.primer() : nil
                if let primer { store.keep([primer]) }
                packed += try await store.packAll()
            default: break
            }
            try await check(store, model, seed)
        }
        #expect(packed > 0, "seed \(seed) never packed")
        await store.close()
    }

    private func check(_ store: AgentStore, _ model: Model, _ seed: UInt64) async throws {
        #expect(store.statistics().backlogEvents == model.waiting, "seed \(seed)")
        for (lane, texts) in model.lanes {
            let acknowledged = model.acknowledged[lane] ?? SequenceSet()
            guard acknowledged.cumulative < texts.count else { continue }
            for slice in await store.readAll(lane, from: acknowledged.cumulative + 1) {
                switch slice {
                case .events(let block):
                    for index in 0..<block.count {
                        let sequence = block.records[index].sequence
                        let text = String(decoding: block.payload(at: index), as: UTF8.self)
                        // What a hub has may come again, even what was given up before the hub heard of it.
                        let isRight = texts[Int(sequence) - 1] == text || acknowledged.contains(sequence)
                        #expect(isRight, "seed \(seed): \(sequence)")
                    }
                case .gap(let gap):
                    for sequence in gap.first...gap.last {
                        let isGone = texts[Int(sequence) - 1] == nil || acknowledged.contains(sequence)
                        #expect(isGone, "seed \(seed): \(gap)")
                    }
                default: Issue.record("\(slice), seed \(seed)")
                }
            }
        }
    }
}
