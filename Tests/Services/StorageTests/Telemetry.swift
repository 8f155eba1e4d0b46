// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Storage
import TestSupport

/// Events like those of a small plant, from a seed.
struct Telemetry {
    private var generator: SeededGenerator
    private var walks = [Double](repeating: 20, count: 40)
    private var serial = 0

    init(seed: UInt64 = 1) {
        generator = SeededGenerator(seed: seed)
    }

    /// The next events; some of them with attributes.
    mutating func next(_ count: Int, _ eventClass: EventClass = .normal) -> EventBlock {
        var block = EventBlock()
        for _ in 0..<count {
            let device = serial % walks.count
            walks[device] += Double(Int.random(in: -5...5, using: &generator)) / 10
            let value = Double(Int(walks[device] * 10)) / 10
            block.append(
                timestamp: 1_790_000_000_000 + Int64(serial) * 25,
                eventClass: eventClass,
                topic: "site/line\(device / 10)/pump\(device % 10)/telemetry",
                attributes: serial % 50 == 0 ? [2] : [],
                payload: Array("{\"seq\":\(serial),\"flow\":\(value),\"state\":\"run\",\"unit\":\"l/min\"}".utf8)
            )
            serial += 1
        }
        return block
    }

    /// A primer of such events.
    static func primer(seed: UInt64 = 7) throws -> Primer {
        var trainer = PrimerTrainer(limit: 2_000)
        var telemetry = Telemetry(seed: seed)
        var block = telemetry.next(40)
        for index in block.records.indices { block.assign(sequence: UInt64(index + 1), eventClass: .normal, at: index) }
        trainer.observe(block, 0..<block.count)
        guard let primer = trainer.makePrimer() else { throw NoPrimer() }
        return primer
    }

    struct NoPrimer: Error {}
}

extension AgentStore {
    /// Packs until nothing is left to be packed; returns how many events were.
    func packAll(limit: Int = 1_160) async throws -> Int {
        let packer = try makePacker(limit: limit, executor: StoreExecutor(label: "test.packer"))
        var events = 0
        // Segments that gain nothing count as steps, too.
        for _ in 0..<500 {
            let outcome = await packer.step()
            events += outcome.events
            if outcome.events == 0, outcome.rest >= .seconds(2) { break }
        }
        await packer.close()
        return events
    }

    /// Topic, attributes, payload and time of all events of a lane, as far as they can be read.
    func events(_ lane: Lane, from sequence: UInt64 = 1) async -> [String] {
        await readAll(lane, from: sequence).flatMap { slice -> [String] in
            guard case .events(let block) = slice else { return ["\(slice)"] }
            return block.described
        }
    }
}

extension EventBlock {
    /// One line for each event.
    var described: [String] {
        records.indices.map { index in
            let payload = String(decoding: payload(at: index), as: UTF8.self)
            let record = records[index]
            return "\(record.sequence) \(record.timestamp) \(topic(at: index)) \(attributes(at: index)) \(payload)"
        }
    }
}
