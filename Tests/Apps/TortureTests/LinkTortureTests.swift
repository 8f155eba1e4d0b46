// SPDX-License-Identifier: Apache-2.0

import Demo
import TestSupport
import Testing

extension TortureTests {
    /// Everything a link can do, by a proxy between agent and hub.
    @Suite(.serialized) struct Link {
        /// Publishes while `body` maltreats the link, drains, and judges.
        private func maltreat(
            _ extra: [String: String] = [:],
            rate: Double? = 400,
            _ body: @Sendable (Site) async throws -> Void
        ) async throws {
            try await Site.with(extra) { site in
                try await site.start()
                let devices = site.devices(2, rate: rate)
                try await site.publishing(devices) { try await body(site) }
                try await site.link.set(.pass)
                try await site.link.shape(LinkShape())
                try await site.drain()
                let verdict = try await site.judge(devices)
                #expect(verdict.isClean, "seed \(Torture.seed): \(verdict)")
                #expect(verdict.published > 0 && verdict.published == verdict.acknowledged, "\(verdict)")
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a link that is reset again and again loses nothing`() async throws {
            try await maltreat { site in
                var generator = SeededGenerator(seed: Torture.seed)
                for _ in 0..<10 * Torture.rounds {
                    try await site.progress(bytes: Int.random(in: 1...4000, using: &generator))
                    try await site.link.reset()
                }
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a link that is cut in the middle of frames loses nothing`() async throws {
            try await maltreat { site in
                var generator = SeededGenerator(seed: Torture.seed)
                for _ in 0..<15 * Torture.rounds {
                    let connections = try await site.link.counts().connections
                    try await site.link.set(.cut(after: Int.random(in: 1...3000, using: &generator)))
                    try await waiting(for: "cut and new connection", within: .seconds(30), details: site.tail) {
                        try await site.link.counts().connections > connections ? () : nil
                    }
                }
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a link that falls silent loses nothing`() async throws {
            try await maltreat(["SLUICE_LINK_TIMEOUT": "2s"]) { site in
                for _ in 0..<2 * Torture.rounds {
                    try await site.progress(bytes: 500)
                    try await site.link.set(.silent)
                    try await Task.sleep(for: .seconds(4))
                    try await site.link.set(.pass)
                }
                try await site.progress(bytes: 500)
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a link that flaps every 200 ms loses nothing`() async throws {
            try await maltreat { site in
                for _ in 0..<12 * Torture.rounds {
                    try await site.link.set(.refuse)
                    try await Task.sleep(for: .milliseconds(200))
                    try await site.link.set(.pass)
                    try await Task.sleep(for: .milliseconds(200))
                }
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a hub that acknowledges three seconds late gets everything once`() async throws {
            try await maltreat { site in
                try await site.progress(bytes: 1000)
                let before = try await site.link.counts().connections
                try await site.link.shape(LinkShape(delayDown: .seconds(3)))
                try await site.progress(bytes: 4000)
                try await Task.sleep(for: .seconds(8))
                let after = try await site.link.counts().connections
                #expect(after - before <= 4, "a late acknowledgement is no reason for \(after - before) connections")
                print("torture: acknowledgements 3 s late: \(after - before) connections")
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a 64 kbit/s link is slow and alive`() async throws {
            try await Site.with { site in
                try await site.start()
                try await site.link.shape(LinkShape(bytesPerSecond: 8000, buffer: 8000))
                let devices = site.devices(2, limit: 4000 * Torture.rounds, noise: 24)
                try await site.publish(devices)
                try await site.drain(within: .seconds(200))
                let counts = try await site.link.counts()
                #expect(counts.connections <= 4, "\(counts)")
                let verdict = try await site.judge(devices)
                #expect(verdict.isClean, "\(verdict)")
                print("torture: 64 kbit/s: \(counts), \(verdict)")
            }
        }

        @Test(.timeLimit(.minutes(15)))
        func `a hub that was away for a long time gets the whole backlog`() async throws {
            let events = 50_000 * Torture.rounds
            try await Site.with { site in
                try await site.start()
                try await site.link.set(.refuse)
                let devices = site.devices(4, limit: events / 4)
                try await site.publish(devices, within: .seconds(400))
                let backlog = try await site.status()["backlog_events"]
                #expect(backlog == "\(events / 4 * 4)")
                let before = try await site.link.counts().up
                let back = ContinuousClock.now
                try await site.link.set(.pass)
                try await waiting(for: "first bytes after the outage", within: .seconds(40)) {
                    try await site.link.counts().up > before + 400 ? () : nil
                }
                let first = ContinuousClock.now - back
                try await site.drain(within: .seconds(400))
                let rate = Double(events) / ((ContinuousClock.now - back) / .seconds(1))
                let counts = try await site.link.counts()
                let verdict = try await site.judge(devices)
                #expect(verdict.isClean, "\(verdict)")
                print("torture: backlog of \(events): first \(first), \(Int(rate)) events/s, \(counts), \(verdict)")
            }
        }

        @Test(.timeLimit(.minutes(5)))
        func `a damaged frame costs a connection and no event`() async throws {
            try await maltreat { site in
                var generator = SeededGenerator(seed: Torture.seed)
                for _ in 0..<8 * Torture.rounds {
                    try await site.progress(bytes: 600)
                    try await site.link.set(.flip(after: Int.random(in: 0...1500, using: &generator)))
                    try await site.progress(bytes: 4000)
                }
            }
        }
    }
}

extension Site {
    /// Waits until this many bytes more went up the link.
    func progress(bytes: Int, within limit: Duration = .seconds(60)) async throws {
        let before = try await link.counts().up
        try await waiting(for: "\(bytes) bytes on the link", within: limit, details: tail) {
            try await link.counts().up >= before + UInt64(bytes) ? () : nil
        }
    }
}
