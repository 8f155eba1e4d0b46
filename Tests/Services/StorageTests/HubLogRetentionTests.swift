// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import TestSupport
import Testing

/// What `SLUICE_HUB_KEEP` drops of the log, and what it must not.
@Suite(.timeLimit(.minutes(2))) struct HubLogRetentionTests {
    private static let budget: Int64 = 2 << 20

    private static func small(_ configuration: inout HubLogConfiguration) {
        configuration.keepBytes = budget
        configuration.segmentBytes = 96 << 10
        configuration.upkeepPause = .milliseconds(5)
    }

    /// Lands batches of a hundred events until the last one, and looks at the disk after each.
    private static func fill(_ log: HubLog, from first: UInt64 = 1, through last: UInt64) async throws {
        for first in stride(from: first, to: last, by: 100) {
            _ = try await log.land(first...first + 99)
            let bytes = log.statistics().diskBytes
            #expect(bytes <= budget, "\(bytes) bytes at \(first)")
        }
    }

    /// What is kept, and the figures that go with it: retention may drop a segment at any moment.
    private static func settled(_ log: HubLog) async throws -> (kept: [UInt64], statistics: HubLogStatistics) {
        for _ in 0..<100 {
            let before = log.statistics()
            let kept = try await log.all(chunk: 1 << 20).sequences(of: .sample())
            if log.statistics().dropped == before.dropped { return (kept, before) }
        }
        throw StoreError.failed(path: "the log", reason: "retention does not come to an end")
    }

    /// Polls until something holds.
    private static func until(_ text: Comment, _ holds: () throws -> Bool) async throws {
        for _ in 0..<2_000 {
            if try holds() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record(text)
    }

    @Test func `the byte budget holds, the oldest go, and what has landed never lands again`() async throws {
        let fixture = try HubLogFixture()
        var log = try fixture.open { Self.small(&$0) }
        try await Self.fill(log, through: 60_000)
        let (kept, statistics) = try await Self.settled(log)
        #expect(kept == Array(60_001 - UInt64(kept.count)...60_000), "the newest, without a hole")
        #expect(kept.count > 5_000)
        #expect(statistics.dropped.events == 60_000 - UInt64(kept.count))
        #expect(statistics.events == UInt64(kept.count))
        #expect(statistics.oldestPosition == statistics.dropped.position + 1)
        #expect(try #require(statistics.oldestMilliseconds) > 1_600_000_000_000)
        #expect(try await log.land(1...100).new == 0, "an old resend")
        await log.close()

        log = try fixture.open { Self.small(&$0) }
        #expect(try await log.land(1...100).new == 0)
        // A segment that ended at the opening may have cost the oldest one.
        let (left, after) = try await Self.settled(log)
        #expect(left.count > kept.count / 2 && left == Array(kept.suffix(left.count)))
        #expect(after.dropped.events == 60_000 - UInt64(left.count))
        await log.close()
        let reader = try HubLog.openReader(directory: fixture.directory + "/hub", opening: HubLogFixture.opening)
        let last = try HubLogReaderTests.all(reader).sequences(of: .sample())
        #expect(last.count > kept.count / 2 && last == Array(left.suffix(last.count)))
        #expect(try reader.retention().dropped.events == 60_000 - UInt64(last.count))
        #expect(try reader.retention().oldestPosition == reader.retention().dropped.position + 1)
        #expect(try reader.gaps().isEmpty, "retention is no loss of an agent")
    }

    @Test func `what a reader has not handed on stays, and nothing lands beyond the budget`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open { Self.small(&$0) }
        log.setCursor("slow", 0)
        var acknowledged: UInt64 = 0
        var refusal: StoreError?
        while refusal == nil, acknowledged < 60_000 {
            do throws(any Error) {
                _ = try await log.land(acknowledged + 1...acknowledged + 100)
                acknowledged += 100
            } catch {
                refusal = try #require(error as? StoreError)
            }
            #expect(log.statistics().diskBytes <= Self.budget)
        }
        guard case .overBudget(_, let reason) = refusal else { return #expect(refusal == nil, "another refusal") }
        #expect(reason.contains("reader slow"))
        for _ in 0..<10 {
            // Longer than upkeep pauses: it must go on saying so.
            try await Task.sleep(for: .milliseconds(2))
            #expect(log.statistics().awaitedReader == "slow")
        }
        #expect(log.statistics().trouble?.contains("SLUICE_HUB_KEEP") == true)
        #expect(try await log.all(chunk: 1 << 20).sequences(of: .sample()) == Array(1...acknowledged))
        log.setCursor("slow", log.head)
        try await Self.fill(log, from: acknowledged + 1, through: acknowledged + 5_000)
        #expect(log.statistics().trouble == nil)
        #expect(log.statistics().awaitedReader == nil)
        await log.close()
    }

    @Test func `a reader that holds the WAL makes agents wait, not the disk overflow`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open { Self.small(&$0) }
        try await Self.fill(log, through: 1_000)
        var reader: HubLogReader? = try HubLog.openReader(
            directory: fixture.directory + "/hub",
            opening: HubLogFixture.opening
        )
        var landed: UInt64 = 1_000
        var refusal: StoreError?
        while refusal == nil, landed < 60_000 {
            do throws(any Error) {
                _ = try await log.land(landed + 1...landed + 100)
                landed += 100
            } catch {
                refusal = try #require(error as? StoreError)
            }
            #expect(log.statistics().diskBytes <= Self.budget)
        }
        #expect("\(try #require(refusal))".contains("reader of the log"))
        #expect(try #require(reader).head() == 10)
        reader = nil
        try await Self.fill(log, from: landed + 1, through: landed + 5_000)
        await log.close()
    }

    @Test func `events go by the time that passed, never because somebody set the clock`() async throws {
        let fixture = try HubLogFixture()
        let time = ManualHubClock()
        let change: (inout HubLogConfiguration) -> Void = {
            $0.keepAge = .seconds(30 * 86_400)
            $0.upkeepPause = .milliseconds(5)
            $0.clock = time.clock
        }
        var log = try fixture.open("hub", vfs: nil, change)
        _ = try await log.land(1...100)
        time.jump(20 * 365 * ManualHubClock.day)
        _ = try await log.land(101...200)
        await log.close()
        time.reboot(20 * 365 * ManualHubClock.day)
        log = try fixture.open("hub", vfs: nil, change)
        time.jump(-60 * 365 * ManualHubClock.day)
        _ = try await log.land(201...300)
        #expect(try await log.all().sequences(of: .sample()) == Array(1...300))
        time.pass(27 * ManualHubClock.day)
        _ = try await log.land(301...400)
        #expect(try await log.all().sequences(of: .sample()) == Array(1...400), "28 days at most")
        time.pass(4 * ManualHubClock.day)
        let after = log
        try await Self.until("the old ones go") { after.statistics().dropped.events == 300 }
        #expect(try await log.all().sequences(of: .sample()) == Array(301...400))
        // An idle hub drops its last events, too, and goes on with the next position.
        time.pass(31 * ManualHubClock.day)
        try await Self.until("the last go") { after.statistics().events == 0 }
        await log.close()
        log = try fixture.open("hub", vfs: nil, change)
        #expect(log.head == 4)
        #expect(try await log.land(1...400).new == 0)
        #expect(try await log.land(401...410).new == 10)
        #expect(try await log.all().map(\.position) == [5])
        await log.close()
    }

    @Test func `age waits for readers, too`() async throws {
        let fixture = try HubLogFixture()
        let time = ManualHubClock()
        let log = try fixture.open {
            $0.keepAge = .seconds(86_400)
            $0.upkeepPause = .milliseconds(5)
            $0.clock = time.clock
        }
        log.setCursor("slow", 0)
        _ = try await log.land(1...100)
        time.pass(3 * ManualHubClock.day)
        try await Self.until("it is said") { log.statistics().awaitedReader == "slow" }
        #expect(log.statistics().events == 100)
        log.setCursor("slow", 1)
        try await Self.until("then it goes") { log.statistics().events == 0 }
        #expect(log.statistics().awaitedReader == nil)
        await log.close()
    }

    @Test func `space goes back to the file system`() async throws {
        let fixture = try HubLogFixture()
        let time = ManualHubClock()
        let log = try fixture.open {
            $0.keepAge = .seconds(86_400)
            $0.segmentBytes = 64 << 10
            $0.upkeepPause = .milliseconds(5)
            $0.clock = time.clock
        }
        for first in stride(from: UInt64(1), to: 40_000, by: 400) { _ = try await log.land(first...first + 399) }
        let full = log.statistics().diskBytes
        time.pass(2 * ManualHubClock.day)
        try await Self.until("dropped") { log.statistics().events == 0 }
        try await Self.until("shorter") {
            let file = HubLogFixture.size("\(fixture.directory)/hub/hub.db")
            return file < full / 4
        }
        await log.close()
    }
}
