// SPDX-License-Identifier: Apache-2.0

import Demo
import Testing

extension TortureTests {
    /// Packets that are dropped and slowed by the kernel: nobody is told, unlike with any proxy.
    @Suite(
        .serialized,
        .enabled("needs root, ip, nft, tc and leave to make network namespaces") {
            await NetworkNamespace.obstacle() == nil
        }
    ) struct Namespace {
        /// An agent here, a hub at the other end of a cable.
        private func withCable(_ body: (Site, NetworkNamespace) async throws -> Void) async throws {
            try await NetworkNamespace.with { cable in
                try await Site.with(["SLUICE_INSECURE": "1", "SLUICE_FORWARD": "alarms/#=alarm,#"]) { site in
                    try await site.startHub(in: cable)
                    try await site.startAgent(["SLUICE_HUB": "ws://\(cable.innerAddress):\(site.hubPort)"])
                    try await body(site, cable)
                }
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `dropped packets are overcome and lose nothing`() async throws {
            try await withCable { site, cable in
                let devices = site.devices(2, rate: 400)
                try await site.publishing(devices) {
                    for seconds in [1, 5, 13] {
                        try await site.landing()
                        try await cable.dropEverything()
                        // What was on its way has arrived by then; nothing follows it.
                        try await Task.sleep(for: .milliseconds(500))
                        let landed = try await site.landed()
                        try await Task.sleep(for: .seconds(seconds) - .milliseconds(500))
                        #expect(try await site.landed() == landed, "packets got through")
                        try await cable.dropNothing()
                        let back = ContinuousClock.now
                        try await site.landing()
                        let delay = ContinuousClock.now - back
                        print("torture: first acknowledgement \(delay) after \(seconds) s of dropped packets")
                        #expect(delay < .seconds(6), "after \(seconds) s")
                    }
                }
                try await site.drain()
                let verdict = try await site.judge(devices)
                #expect(verdict.isClean, "\(verdict)")
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a 64 kbit token bucket is slow and alive`() async throws {
            try await withCable { site, cable in
                _ = try await site.agent?.line(containing: "connected", within: .seconds(30))
                try await cable.limit(to: "64kbit")
                let devices = site.devices(2, limit: 3000 * Torture.rounds, noise: 24)
                try await site.publish(devices)
                // Two batches before it take 320 ms, the round trip none (decision 21). In the first two seconds, while the
                // link's rate is not known yet, it may be four; the rest is for a busy machine.
                let backlog = devices.map(\.acknowledged).reduce(0, +)
                let alarms = try await site.alarms(during: backlog, within: .seconds(1))
                try await site.drain(within: .seconds(200))
                let verdict = try await site.judge(devices + alarms)
                #expect(verdict.isClean, "\(verdict)")
                let connects = site.hub?.errors.filter { $0.contains("agent") && $0.contains("connected") }.count ?? 0
                #expect(connects <= 4, "connections seen by the hub: \(connects)\n\(site.tail)")
            }
        }
    }
}

extension Site {
    /// Waits until the hub acknowledged something that was not acknowledged before.
    func landing(within limit: Duration = .seconds(60)) async throws {
        let before = try await landed()
        try await waiting(for: "acknowledgement by the hub", within: limit, every: .milliseconds(50)) {
            try await landed() > before + 10 ? () : nil
        }
    }

    /// Events in the hub's log, by its own status.
    func landed() async throws -> Int {
        let child = try await run("sluice-hub", "status", "--json")
        return Int(try Self.object(child.output.joined())["events"] ?? "") ?? 0
    }
}
