// SPDX-License-Identifier: Apache-2.0

import Agent
import Events
import Hub
import NIOCore
import Storage
import TestSupport
import Testing

/// Agent and hub in one process, on a machine whose clocks the test turns.
@Suite(.timeLimit(.minutes(1))) struct ClockTests: AgentTesting {
    private struct Row: Equatable {
        var sequence: UInt64
        var payload: String
        var raw: Int64
        var shown: EventTime
    }

    private func rows(_ hub: Hub, _ directory: String) throws -> [Row] {
        let reader = try HubLog.openReader(directory: directory + "/hub")
        var rows: [Row] = []
        var position: Int64 = 0
        while let entry = try reader.next(after: position) {
            position = entry.position
            let clock = try reader.clock(of: entry)
            for (index, record) in entry.block.records.enumerated() {
                let payload = String(decoding: entry.block.payload(at: index), as: UTF8.self)
                let shown = clock.time(of: record.sequence, raw: record.timestamp)
                rows.append(Row(sequence: record.sequence, payload: payload, raw: record.timestamp, shown: shown))
            }
        }
        return rows
    }

    @Test func `booted in 1970, set to 2026, set back to 2010: order, payloads and times are right`() async throws {
        try await withDirectory { directory in
            let clock = ManualClock(wall: 0)
            let hub = try await startHub(in: directory)
            var truths: [Int64] = []
            try await running(hub.services) {
                let agent = try await startAgent(in: directory, hub: hub.port) {
                    $0.store.clock = clock.read
                    $0.store.maximumAge = .seconds(3_600)
                    $0.now = clock.wall
                }
                try await running(agent.services) {
                    func publish() async throws {
                        clock.advance(.seconds(30))
                        let start = truths.count
                        truths += Array(repeating: clock.truth, count: 5)
                        try await self.publish(start..<start + 5, to: agent.mqttPort)
                    }
                    try await publish()
                    let status = try await status(in: directory) { $0.contains(#""backlog_events":0,"#) }
                    #expect(status.contains(#""clock":"unset""#))
                    clock.synchronise()
                    try await publish()
                    clock.step(to: 1_262_304_000_000)
                    try await publish()
                    clock.step(to: clock.truth + 50 * 365 * 86_400_000)
                    try await publish()
                    clock.synchronise()
                    try await publish()
                    let last = try await self.status(in: directory) { $0.contains(#""backlog_events":0,"#) }
                    #expect(last.contains(#""clock":"synchronised""#) && last.contains(#""gaps":[]"#))
                    for _ in 0..<1_000 where !agent.store.clocks(unknownTo: hub.log.hubID).isEmpty {
                        try await Task.sleep(for: .milliseconds(5))
                    }
                    #expect(agent.store.clocks(unknownTo: hub.log.hubID).isEmpty)
                }
                let rows = try rows(hub, directory)
                #expect(rows.map(\.sequence) == Array(1...25))
                #expect(rows.map(\.payload) == (0..<25).map { "reading \($0)" })
                for (row, truth) in zip(rows, truths) {
                    #expect(abs(row.shown.milliseconds - truth) <= 1_000, "\(row)")
                }
                let qualities = rows.map(\.shown.quality)
                #expect(qualities[5..<10].allSatisfy { $0 == .synchronised })
                #expect(qualities[20...].allSatisfy { $0 == .synchronised })
                #expect((qualities[..<5] + qualities[10..<20]).allSatisfy { $0 == .corrected })
                #expect(rows[0].raw == 30_000, "what the clock said stays")
            }
        }
    }
}
