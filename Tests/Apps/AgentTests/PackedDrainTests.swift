// SPDX-License-Identifier: Apache-2.0

import Agent
import Events
import Hub
import Storage
import Testing
import Uplink

/// A backlog that was packed while the hub was away lands as it was taken.
@Suite(.timeLimit(.minutes(1)), .serialized) struct PackedDrainTests: AgentTesting {
    private func fill(_ agent: Agent, _ range: Range<Int>) async {
        for start in stride(from: range.lowerBound, to: range.upperBound, by: 500) {
            var block = EventBlock()
            for number in start..<min(range.upperBound, start + 500) {
                block.append(
                    timestamp: 1_790_000_000_000 + Int64(number) * 20,
                    topic: "site/pump\(number % 12)",
                    payload: Array("{\"reading\":\(number),\"state\":\"run\",\"unit\":\"l/min\"}".utf8)
                )
            }
            await withCheckedContinuation { continuation in
                agent.store.append(block) { _ in continuation.resume() }
            }
        }
    }

    /// Reads what landed, in the order of landing.
    private func readings(_ directory: String) throws -> [Int] {
        let reader = try HubLog.openReader(directory: directory + "/hub")
        var found: [Int] = []
        var position: Int64 = 0
        while let entry = try reader.next(after: position) {
            for index in entry.block.records.indices {
                let text = String(decoding: entry.block.payload(at: index), as: UTF8.self)
                found.append(Int(text.filter(\.isNumber)) ?? -1)
            }
            position = entry.position
        }
        return found
    }

    private func pack(_ agent: Agent, limit: Int = 1_160) async throws -> Int {
        let packer = try agent.store.makePacker(limit: limit, executor: StoreExecutor(label: "test.packer"))
        var events = 0
        while case let outcome = await packer.step(), outcome.events > 0 { events += outcome.events }
        await packer.close()
        return events
    }

    @Test(arguments: [0, 2_048], [1_200, 600])
    func `everything lands once and in order`(primerBytes: Int, mtu: Int) async throws {
        try await withDirectory { directory in
            let before = try await startAgent(in: directory, hub: nil) { $0.store.maximumBytes = 4 << 20 }
            try await running(before.services) {
                await fill(before, 0..<4_000)
                let packed = try await pack(before)
                #expect(packed > 1_500)
            }
            let hub = try await startHub(in: directory)
            try await running(hub.services) {
                let agent = try await startAgent(in: directory, hub: hub.port) {
                    $0.store.maximumBytes = 4 << 20
                    $0.uplink.mtu = mtu
                    $0.uplink.primers.bytes = primerBytes
                }
                try await running(agent.services) {
                    await fill(agent, 4_000..<4_500)
                    _ = try await status(in: directory) { $0.contains("\"backlog_events\":0,") }
                }
            }
            #expect(try readings(directory) == Array(0..<4_500))
        }
    }
}
