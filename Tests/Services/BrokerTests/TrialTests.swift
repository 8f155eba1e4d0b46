// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import TestSupport
import Testing

/// A broker under clients that do anything; `.ci/fuzz 1000000 Broker` goes on from here.
@Suite struct TrialTests {
    /// `TRIAL_ROUNDS` makes it longer, `TRIAL_SEED` repeats one that failed.
    private static let rounds = Int(ProcessInfo.processInfo.environment["TRIAL_ROUNDS"] ?? "") ?? 200
    private static let seed = UInt64(ProcessInfo.processInfo.environment["TRIAL_SEED"] ?? "") ?? .random(in: 0 ... .max)

    @Test func `whatever clients send, answers follow commits, others are served, and nothing is left`() {
        for seed in Self.seed..<Self.seed &+ UInt64(Self.rounds) {
            var generator = SeededGenerator(seed: seed)
            let bytes = (0..<Int.random(in: 1...1_500, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            #expect(throws: Never.self, "TRIAL_SEED=\(seed) TRIAL_ROUNDS=1") { try BrokerTrial.run(bytes) }
        }
    }
}
