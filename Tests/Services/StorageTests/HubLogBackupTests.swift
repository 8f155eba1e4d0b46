// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Storage
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct HubLogBackupTests {
    @Test func `a backup of a running hub is what had landed at one moment`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open { $0.segmentBytes = 64 << 10 }
        let target = fixture.directory + "/copy.db"
        async let landing: Void = {
            for first in stride(from: UInt64(1), to: 20_000, by: 50) { _ = try await log.land(first...first + 49) }
        }()
        while log.head < 100 { await Task.yield() }
        let copy = try HubLog.backup(directory: fixture.directory + "/hub", to: target)
        try await landing
        #expect(copy.hubID == log.hubID)
        #expect(copy.head >= 100)
        #expect(copy.events == UInt64(copy.head) * 50)
        #expect(throws: StoreError.self, "never overwritten") {
            try HubLog.backup(directory: fixture.directory + "/hub", to: target)
        }
        await log.close()

        let (restored, replaced) = try HubLog.restore(directory: fixture.directory + "/hub", from: target)
        #expect(restored.events == copy.events)
        #expect(replaced == fixture.directory + "/hub/hub.db.replaced-1")
        let again = try fixture.open()
        #expect(again.hubID == log.hubID)
        #expect(try await again.all(chunk: 1 << 20).sequences(of: .sample()) == Array(1...copy.events))
        #expect(again.statistics().events == copy.events)
        // What the copy does not know lands; what it knows does not, and no position is used twice.
        #expect(try await again.land(1...copy.events).new == 0)
        #expect(try await again.land(copy.events + 1...20_000).new == 20_000 - Int(copy.events))
        #expect(again.head > log.head)
        #expect(try await again.all(after: log.head).sequences(of: .sample()) == Array(copy.events + 1...20_000))
        await again.close()
        let reader = try HubLog.openReader(directory: fixture.directory + "/hub", opening: HubLogFixture.opening)
        #expect(try HubLogReaderTests.all(reader).sequences(of: .sample()) == Array(1...20_000))
    }

    @Test func `a restore refuses while the hub runs, and what is no backup of this hub`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...10)
        let target = fixture.directory + "/copy.db"
        _ = try HubLog.backup(directory: fixture.directory + "/hub", to: target)
        #expect(throws: StoreError.locked(path: fixture.directory + "/hub/hub.lock")) {
            try HubLog.restore(directory: fixture.directory + "/hub", from: target)
        }
        await log.close()
        let other = try fixture.open("other")
        _ = try await other.land(1...10)
        await other.close()
        #expect(throws: StoreError.self) { try HubLog.restore(directory: fixture.directory + "/other", from: target) }
        var bytes = try #require(HubLogFixture.contents(target))
        for place in bytes.count / 2..<bytes.count / 2 + 5_000 where place < bytes.count { bytes[place] ^= 0x5A }
        try HubLogFixture.write(bytes, to: target)
        #expect(throws: StoreError.self) { try HubLog.restore(directory: fixture.directory + "/hub", from: target) }
        try HubLogFixture.write(Array("no database".utf8), to: target)
        #expect(throws: StoreError.self) { try HubLog.restore(directory: fixture.directory + "/hub", from: target) }
        #expect(throws: StoreError.self) { try HubLog.restore(directory: fixture.directory + "/hub", from: "/none") }
        #expect(HubLogFixture.names(in: fixture.directory + "/hub").allSatisfy { !$0.contains("replaced") })
        let again = try fixture.open()
        #expect(try await again.all().sequences(of: .sample()) == Array(1...10), "untouched")
        await again.close()
    }

    @Test func `a backup is restored on a new machine, with the hub's id`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...10)
        _ = try await log.record(Gap(lane: .sample(), first: 11, last: 12, reason: .expired))
        await log.close()
        let target = fixture.directory + "/copy.db"
        _ = try HubLog.backup(directory: fixture.directory + "/hub", to: target)
        #expect(try HubLog.restore(directory: fixture.directory + "/new", from: target).replaced == nil)
        let new = try fixture.open("new")
        #expect(new.hubID == log.hubID)
        #expect(try await new.land(1...13).sequences == SequenceSet(cumulative: 13))
        #expect(new.statistics().gapEvents == 2)
        await new.close()
    }

    @Test func `a backup to where nothing can be written leaves nothing behind`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...10)
        #expect(throws: StoreError.self) { try HubLog.backup(directory: fixture.directory + "/hub", to: "/proc/x.db") }
        #expect(throws: StoreError.self) { try HubLog.backup(directory: fixture.directory, to: "/tmp/none.db") }
        await log.close()
    }
}
