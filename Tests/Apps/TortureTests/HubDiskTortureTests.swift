// SPDX-License-Identifier: Apache-2.0

import Demo
import Glibc
import Testing

extension TortureTests {
    /// The hub's disk is full: agents stay connected, know why, and lose nothing.
    @Suite(.serialized) struct HubDisk {
        @Test(.timeLimit(.minutes(3)), .enabled("a small file system needs root") { Torture.isRoot })
        func `a hub whose disk is full holds its agents, says so on both sides, and goes on by itself`() async throws {
            try await Site.with { site in
                await site.withSmallDisk(site.hubDirectory, size: "40m") { try await suffer(site) }
            }
        }

        private func suffer(_ site: Site) async throws {
            try await site.start()
            let devices = site.devices(1, rate: 2000, noise: 400)
            try await site.publishing(devices, within: .seconds(90)) {
                try await waiting(for: "first events", within: .seconds(30)) {
                    devices[0].acknowledged > 500 ? () : nil
                }
                let ballast = "\(site.hubDirectory)/ballast"
                _ = await Torture.allows("/bin/dd", "if=/dev/zero", "of=\(ballast)", "bs=64k")
                let held = try await waiting(for: "an agent that is held", within: .seconds(60)) {
                    let status = try await site.status()
                    return status["reason"]?.contains("takes nothing at present") == true ? status : nil
                }
                print("torture: the agent says \(held["reason"] ?? "")")
                let hub = try await site.run("sluice-hub", "status", "--json")
                #expect(hub.output.joined().contains("\"refusing\""), "\(hub.output)")
                let connections = try await site.link.counts().connections
                let before = devices[0].acknowledged
                try await waiting(for: "the agent to go on taking events", within: .seconds(30)) {
                    devices[0].acknowledged > before + 100 ? () : nil
                }
                #expect(site.hub?.isRunning == true)
                unlink(ballast)
                try await waiting(for: "a drain after the disk is well", within: .seconds(60)) {
                    let status = try await site.status()
                    return status["reason"]?.contains("takes nothing") == true ? nil : ()
                }
                #expect(try await site.link.counts().connections == connections, "the connection was kept")
            }
            try await site.drain()
            let verdict = try await site.judge(devices)
            #expect(verdict.isClean, "\(verdict)")
            try await site.audit()
        }
    }
}
