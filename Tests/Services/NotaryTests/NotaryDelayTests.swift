// SPDX-License-Identifier: Apache-2.0

import Notary
import Provenance
import ServiceLifecycle
import Storage
import Testing

@Suite(.timeLimit(.minutes(1))) struct NotaryDelayTests {
    @Test func `an event can be proven within three seconds, while others go on landing`() async throws {
        try await NotaryFixture.with { hub in
            let log = try hub.open()
            let notary = try Notary(directory: hub.directory, log: log, logID: 1, logger: NotaryFixture.quiet)
            let group = ServiceGroup(services: [notary], logger: NotaryFixture.quiet)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                for round in UInt64(0)..<4 {
                    let (first, last) = (round * 300 + 1, round * 300 + 300)
                    try await NotaryFixture.land(first...last, in: log)
                    let landed = ContinuousClock.now
                    while (try? hub.reader().proof(of: NotaryFixture.identity(last))) == nil {
                        try #require(ContinuousClock.now - landed < .seconds(3), "round \(round)")
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            #expect(notary.trouble == nil)
            await log.close()
        }
    }
}
