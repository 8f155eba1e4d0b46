// SPDX-License-Identifier: Apache-2.0

import Demo
import Testing

extension TortureTests {
    /// `sluice status` of an agent that is killed and started all the time.
    @Suite(.serialized) struct Status {
        /// What one call said of the backlog, and by whom.
        private struct Answer {
            var events: Int
            var isStopped: Bool
        }

        @Test(.timeLimit(.minutes(5)))
        func `an agent that is killed and started is told truly and never disturbed`() async throws {
            try await Site.with(["SLUICE_HUB": ""]) { site in
                try await site.startAgent()
                let devices = site.devices(2)
                try await site.publishing(devices) {
                    for _ in 0..<6 * Torture.rounds { try await Self.strike(site, devices) }
                }
                try await site.killAgent()
                let published = devices.map(\.published).reduce(0, +)
                let acknowledged = devices.map(\.acknowledged).reduce(0, +)
                let last = try await Self.ask(site)
                #expect(last.isStopped && acknowledged == published)
                // What was sent again because its acknowledgement was lost is an event of its own.
                #expect(last.events >= acknowledged)
                try await site.startAgent()
                #expect(try await Self.ask(site).events == last.events)
            }
        }

        /// Kills the agent, asks, and goes on asking until it has started again.
        private static func strike(_ site: Site, _ devices: [Device]) async throws {
            let before = devices.map(\.acknowledged).reduce(0, +)
            try await waiting(for: "progress of the devices", within: .seconds(60), details: site.tail) {
                devices.map(\.acknowledged).reduce(0, +) > before + 50 ? () : nil
            }
            try await site.killAgent()
            let acknowledged = devices.map(\.acknowledged).reduce(0, +)
            let stopped = try await ask(site)
            #expect(stopped.isStopped)
            #expect(stopped.events >= acknowledged, "less than devices have an acknowledgement for")
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await site.startAgent() }
                tasks.addTask {
                    try await waiting(for: "an agent that answers", within: .seconds(30), every: .milliseconds(1)) {
                        let answer = try await ask(site)
                        #expect(answer.events >= stopped.events)
                        return answer.isStopped ? nil : ()
                    }
                }
                try await tasks.waitForAll()
            }
        }

        private static func ask(_ site: Site) async throws -> Answer {
            let child = try await site.run("sluice", "status", "--json")
            let values = try Site.object(child.output.joined())
            try #require(child.status == .code(values["state"] == "\"stopped\"" ? 2 : 0), "\(child.tail)")
            return Answer(
                events: try #require(values["backlog_events"].flatMap { Int($0) }, "\(values)"),
                isStopped: child.status == .code(2)
            )
        }
    }
}
