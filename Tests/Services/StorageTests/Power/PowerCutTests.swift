// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing

/// Power cuts under the agent's store and the hub's log: whatever the disk made of what was not synced, they start, and
/// all that was acknowledged is there.
///
/// `POWER_CUTS` gives the number of cuts for the long form (10000), `POWER_SEED` the seed to begin with.
@Suite(.timeLimit(.minutes(60))) struct PowerCutTests {
    /// Cuts per store.
    private static let length = 20
    private static let cuts = number("POWER_CUTS")
    private static let firstSeed = UInt64(number("POWER_SEED") ?? 1)

    private static func number(_ name: String) -> Int? {
        getenv(name).flatMap { Int(String(cString: $0)) }
    }

    @Test func `the agent's store loses nothing acknowledged, and every start succeeds`() async {
        let cuts = Self.cuts ?? 200
        let report = await Self.run(cuts) { seed in
            var chain = PowerChain(seed: seed)
            await chain.run(cuts: Self.length)
            return chain.report
        }
        print("agent: \(report)")
        #expect(report.cuts >= cuts)
        #expect(report.failedStarts.isEmpty)
        #expect(report.losses.isEmpty)
    }

    @Test func `the hub's log loses nothing acknowledged, and every start succeeds`() async {
        let cuts = Self.cuts ?? 200
        let report = await Self.run(cuts) { seed in
            var chain = HubPowerChain(seed: seed)
            await chain.run(cuts: Self.length)
            return chain.report
        }
        print("hub: \(report)")
        #expect(report.cuts >= cuts)
        #expect(report.failedStarts.isEmpty)
        #expect(report.losses.isEmpty)
    }

    @Test func `on a disk that fails now and then cuts lose nothing acknowledged either`() async {
        let cuts = Self.cuts ?? 100
        let report = await Self.run(cuts) { seed in
            var chain = PowerChain(seed: seed, damages: false, faults: true)
            await chain.run(cuts: Self.length)
            return chain.report
        }
        print("failing disk: \(report)")
        #expect(report.failedStarts.isEmpty)
        #expect(report.losses.isEmpty)
    }

    // What cannot fail proves nothing, so it is seen to fail.

    @Test func `with synchronous off the same cuts lose what the agent's store acknowledged`() async {
        await Self.expectLoss(within: 1...10) { seed in
            var chain = PowerChain(seed: seed, damages: false, pragmas: ["synchronous": "OFF"])
            await chain.run(cuts: Self.length)
            return chain.report
        }
    }

    @Test func `with synchronous off the same cuts lose what the hub's log acknowledged`() async {
        await Self.expectLoss(within: 1...10) { seed in
            var chain = HubPowerChain(seed: seed, damages: false, pragmas: ["synchronous": "OFF"])
            await chain.run(cuts: Self.length)
            return chain.report
        }
    }

    @Test func `with ceilings that are not synced a destroyed database loses events without a gap`() async {
        await Self.expectLoss(within: 1...40) { seed in
            var chain = PowerChain(seed: seed, syncsFiles: false)
            await chain.run(cuts: Self.length)
            return chain.report
        }
    }

    private static func expectLoss(
        within seeds: ClosedRange<UInt64>,
        _ chain: @Sendable (UInt64) async -> PowerReport
    ) async {
        for seed in seeds where await !chain(seed).losses.isEmpty { return }
        Issue.record("no loss with any of the seeds \(seeds)")
    }

    /// Runs chains, a few at a time.
    private static func run(
        _ cuts: Int,
        _ chain: @escaping @Sendable (UInt64) async -> PowerReport
    ) async -> PowerReport {
        let chains = UInt64((cuts + length - 1) / length)
        return await withTaskGroup(of: PowerReport.self) { group in
            var sum = PowerReport()
            for number in 0..<chains {
                if number >= 4, let done = await group.next() { sum = sum + done }
                group.addTask { await chain(firstSeed + number) }
            }
            for await done in group { sum = sum + done }
            return sum
        }
    }
}
