// SPDX-License-Identifier: Apache-2.0

import Demo
import TestSupport
import Testing

extension TortureTests {
    /// kill -9 at random moments while four devices publish as fast as they can.
    @Suite(.serialized) struct Kill {
        private static let kills = 13 * Torture.rounds

        enum Victim: CaseIterable {
            case agent
            case hub
            case both
            /// Both, asked politely: SIGTERM, and they end by themselves.
            case bothAsked
        }

        @Test(.timeLimit(.minutes(10)), arguments: Victim.allCases)
        func `kill -9 loses, repeats and reorders nothing`(victim: Victim) async throws {
            try await Site.with { site in
                try await site.start()
                let devices = site.devices(4)
                try await site.publishing(devices) {
                    var generator = SeededGenerator(seed: Torture.seed)
                    for _ in 0..<Self.kills { try await Self.strike(victim, site, devices, &generator) }
                }
                try await site.drain()
                let verdict = try await site.judge(devices)
                #expect(verdict.isClean, "seed \(Torture.seed): \(verdict)")
                #expect(verdict.published == verdict.acknowledged)
                try await site.audit()
                print("torture: \(victim) killed \(Self.kills) times: \(verdict)")
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a backlog of several restarts lands in the order in which it was published`() async throws {
            try await Site.with { site in
                try await site.startHub()
                try await site.link.set(.refuse)
                try await site.startAgent()
                let devices = site.devices(4)
                try await site.publishing(devices) {
                    var generator = SeededGenerator(seed: Torture.seed)
                    for round in 0..<6 * Torture.rounds {
                        try await Self.strike(.agent, site, devices, &generator)
                        // The link comes back for a moment now and then, so that drains are cut short, too.
                        try await site.link.set(round.isMultiple(of: 3) ? .pass : .refuse)
                    }
                    try await site.link.set(.pass)
                }
                try await site.drain()
                let verdict = try await site.judge(devices)
                #expect(verdict.isClean, "seed \(Torture.seed): \(verdict)")
            }
        }

        /// Waits for some progress and a random moment more, then kills and starts again.
        private static func strike(
            _ victim: Victim,
            _ site: Site,
            _ devices: [Device],
            _ generator: inout SeededGenerator
        ) async throws {
            let before = devices.map(\.acknowledged).reduce(0, +)
            try await waiting(for: "progress of the devices", within: .seconds(60), details: site.tail) {
                devices.map(\.acknowledged).reduce(0, +) > before + 50 ? () : nil
            }
            try await Task.sleep(for: .milliseconds(Int.random(in: 0..<400, using: &generator)))
            let hubFirst = Bool.random(using: &generator)
            if victim != .agent, hubFirst { try await end(site.hub, victim) }
            if victim != .hub { try await end(site.agent, victim) }
            if victim != .agent, !hubFirst { try await end(site.hub, victim) }
            if victim != .agent { try await site.startHub() }
            if victim != .hub { try await site.startAgent() }
        }

        private static func end(_ program: ChildProcess?, _ victim: Victim) async throws {
            guard victim == .bothAsked else {
                try await program?.kill()
                return
            }
            let status = try await program?.stop()
            #expect(status == .code(0), "SIGTERM: \(program?.tail ?? "")")
        }
    }
}
