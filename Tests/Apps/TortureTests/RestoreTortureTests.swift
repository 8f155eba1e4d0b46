// SPDX-License-Identifier: Apache-2.0

import Demo
import FoundationEssentials
import Glibc
import Testing

extension TortureTests {
    /// Copies of state directories that come back, and copies that live twice.
    @Suite(.serialized) struct Restore {
        private func copy(_ from: String, _ to: String) throws {
            if FileManager.default.fileExists(atPath: to) { try FileManager.default.removeItem(atPath: to) }
            try FileManager.default.copyItem(atPath: from, toPath: to)
        }

        @Test(.timeLimit(.minutes(5)))
        func `an agent restored from an older copy reuses no sequence, and what the lost copy knew is a gap`()
            async throws
        {
            try await Site.with { site in
                try await site.start()
                let first = site.devices(1, limit: 500, prefix: "first")
                try await site.publish(first)
                try await site.drain()
                try await site.agent?.stop()
                try copy(site.agentDirectory, "\(site.directory)/copy")

                // What the copy does not know: some landed, some that only the lost store has.
                try await site.startAgent()
                let second = site.devices(1, limit: 300, prefix: "second")
                try await site.publish(second)
                try await site.drain()
                try await site.link.set(.refuse)
                let lost = site.devices(1, limit: 200, prefix: "lost")
                try await site.publish(lost)
                try await site.killAgent()
                try copy("\(site.directory)/copy", site.agentDirectory)

                // The restored store takes events before it meets the hub again.
                try await site.startAgent()
                let third = site.devices(1, limit: 800, prefix: "third")
                try await site.publish(third)
                try await site.link.set(.pass)
                try await site.drain()

                let verdict = try await site.judge(first + second + third)
                #expect(verdict.isClean, "\(verdict)")
                #expect(verdict.landed == 1600)
                let gaps = try await site.gaps()
                let restored = gaps.filter { $0["reason"] == "\"store-restored\"" }
                #expect(!restored.isEmpty, "\(gaps)")
                print("torture: agent restored: \(gaps)")
                #expect(restored.allSatisfy { $0["end_known"] == "false" }, "\(gaps)")
            }
        }

        /// Small events are still in the agent's store, to be landed again; large ones have left it by segments.
        @Test(.timeLimit(.minutes(5)), arguments: [0, 6400])
        func `a hub restored from an older copy says what only the lost log knew`(padding: Int) async throws {
            try await Site.with { site in
                try await site.start()
                let first = site.devices(1, limit: 500, prefix: "first")
                try await site.publish(first)
                try await site.drain()
                try await site.hub?.stop()
                try copy(site.hubDirectory, "\(site.directory)/copy")

                try await site.startHub()
                let lost = site.devices(1, limit: 600, noise: padding, prefix: "lost")
                try await site.publish(lost)
                try await site.drain()
                try await site.killHub()
                try copy("\(site.directory)/copy", site.hubDirectory)

                try await site.startHub()
                let third = site.devices(1, limit: 400, prefix: "third")
                try await site.publish(third)
                try await site.drain()
                try await settle(site)

                let verdict = try await site.judge(first + third + lost)
                #expect(verdict.duplicated == 0 && verdict.outOfOrder == 0 && verdict.foreign == 0, "\(verdict)")
                // The agent keeps acknowledged segments for a while: what it still has may land again.
                #expect(verdict.lost <= 600 && verdict.landed >= 900, "\(verdict)")
                let reported = try await site.gaps().filter { $0["reason"] == "\"hub-restored\"" }.map(length).reduce(
                    0,
                    +
                )
                print("torture: hub restored: \(reported) reported as gaps, \(verdict)")
                #expect(padding == 0 || verdict.lost > 0, "nothing left the agent: this run shows nothing")
                #expect(reported >= verdict.lost, "\(verdict.lost) lost, \(reported) reported")
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a hub restored from its backup gets again what agents still have, and says what they have not`()
            async throws
        {
            try await Site.with { site in
                try await site.start()
                let first = site.devices(1, limit: 500, prefix: "first")
                try await site.publish(first)
                try await site.drain()
                let file = "\(site.directory)/backup.db"
                let backup = try await site.run("sluice-hub", "backup", file)
                #expect(backup.status == .code(0), "\(backup.tail)")
                #expect(backup.output.joined().contains("500 events"), "\(backup.output)")

                let lost = site.devices(1, limit: 600, prefix: "lost")
                try await site.publish(lost)
                try await site.drain()
                let refused = try await site.run("sluice-hub", "restore", file)
                #expect(refused.status == .code(1) && refused.errors.joined().contains("in use"), "\(refused.tail)")
                try await site.killHub()
                let restore = try await site.run("sluice-hub", "restore", file)
                #expect(restore.status == .code(0), "\(restore.tail)")
                #expect(restore.output.joined().contains("hub-restored"), "\(restore.output)")

                try await site.startHub()
                let third = site.devices(1, limit: 400, prefix: "third")
                try await site.publish(third)
                try await site.drain()
                try await settle(site)
                let verdict = try await site.judge(first + third + lost)
                #expect(verdict.duplicated == 0 && verdict.outOfOrder == 0 && verdict.foreign == 0, "\(verdict)")
                let reported = try await site.gaps().filter { $0["reason"] == "\"hub-restored\"" }.map(length)
                print("torture: backup restored: \(reported.reduce(0, +)) reported as gaps, \(verdict)")
                #expect(reported.reduce(0, +) >= verdict.lost, "\(verdict.lost) lost, \(reported) reported")
                #expect(verdict.landed >= 900, "\(verdict)")
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a second agent with the same store gets a named error and the first flows on`() async throws {
            try await Site.with { site in
                try await site.start()
                let first = site.devices(1, limit: 200, prefix: "first")
                try await site.publish(first)
                try await site.drain()
                try await site.agent?.stop()
                try copy(site.agentDirectory, "\(site.directory)/clone")
                try await site.startAgent()
                let second = site.devices(1, limit: 200, prefix: "second")
                try await site.publish(second)
                try await site.drain()

                let clone = try ChildProcess(
                    Programs.find("sluice"),
                    ["agent"],
                    environment: site.environment.merging([
                        "SLUICE_STATE_DIR": "\(site.directory)/clone",
                        "SLUICE_MQTT_LISTEN": "127.0.0.1:\(LocalPort.free())",
                    ]) { _, new in new }
                )
                try await withChild(clone) { clone in
                    _ = try await clone.line(containing: "clone", within: .seconds(30))
                    let before = try await site.link.counts().connections
                    let third = site.devices(1, limit: 500, prefix: "third")
                    try await site.publish(third)
                    try await site.drain()
                    try await Task.sleep(for: .seconds(4))
                    let after = try await site.link.counts().connections
                    #expect(after - before <= 6, "ping-pong: \(after - before) connections in some seconds")
                    let verdict = try await site.judge(first + second + third)
                    #expect(verdict.isClean, "\(verdict)")
                }
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a second agent on the same state directory refuses and names it`() async throws {
            try await Site.with { site in
                try await site.start()
                let second = try ChildProcess(
                    Programs.find("sluice"),
                    ["agent"],
                    environment: site.environment.merging(["SLUICE_MQTT_LISTEN": "127.0.0.1:\(LocalPort.free())"]) {
                        _,
                        new in new
                    }
                )
                let status = try await second.exit(within: .seconds(20))
                #expect(status != .code(0) && status.isCode, "\(status)")
                #expect(second.errors.contains { $0.contains(site.agentDirectory) }, "\(second.tail)")
            }
        }

        /// Gives gaps that were noticed a moment to travel.
        private func settle(_ site: Site) async throws {
            _ = try? await waiting(for: "gap report", within: .seconds(5), every: .milliseconds(200)) {
                try await site.gaps().isEmpty ? nil : ()
            }
        }

        private func length(_ gap: [String: String]) -> Int {
            guard let first = Int(gap["first"] ?? ""), let last = Int(gap["last"] ?? "") else { return 0 }
            return last - first + 1
        }
    }
}
