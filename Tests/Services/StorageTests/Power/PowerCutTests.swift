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

    /// What lives through the cuts.
    enum Form: String, CaseIterable {
        case agent
        case hub
        case failingDisk = "agent on a disk that fails now and then"

        /// In the short form.
        var cuts: Int { self == .failingDisk ? 100 : 200 }
    }

    /// The same on disks that do not keep their word: what cannot fail proves nothing, so it is seen to fail.
    enum Liar: String, CaseIterable {
        case agent = "agent, synchronous off"
        case hub = "hub, synchronous off"
        case ceilings = "agent, ceilings that are not synced"

        /// Seeds of which one at least shows a loss.
        var seeds: ClosedRange<UInt64> { self == .ceilings ? 1...40 : 1...10 }
    }

    @Test(arguments: Form.allCases)
    func `power cuts lose nothing acknowledged, and every start succeeds`(form: Form) async {
        let cuts = Self.cuts ?? form.cuts
        let report = await Self.run(cuts) { seed in
            switch form {
            case .agent: await Self.report(PowerChain(seed: seed))
            case .hub: await Self.report(HubPowerChain(seed: seed))
            case .failingDisk: await Self.report(PowerChain(seed: seed, damages: false, faults: true))
            }
        }
        print("\(form.rawValue): \(report)")
        #expect(report.cuts >= cuts)
        #expect(report.failedStarts.isEmpty)
        #expect(report.losses.isEmpty)
    }

    @Test(arguments: Liar.allCases)
    func `the same cuts lose something where a disk lies`(liar: Liar) async {
        for seed in liar.seeds {
            let off = ["synchronous": "OFF"]
            let report =
                switch liar {
                case .agent: await Self.report(PowerChain(seed: seed, damages: false, pragmas: off))
                case .hub: await Self.report(HubPowerChain(seed: seed, damages: false, pragmas: off))
                case .ceilings: await Self.report(PowerChain(seed: seed, syncsFiles: false))
                }
            if !report.losses.isEmpty { return }
        }
        Issue.record("no loss with any of the seeds \(liar.seeds)")
    }

    private static func report(_ start: PowerChain) async -> PowerReport {
        var chain = start
        await chain.run(cuts: length)
        return chain.report
    }

    private static func report(_ start: HubPowerChain) async -> PowerReport {
        var chain = start
        await chain.run(cuts: length)
        return chain.report
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
