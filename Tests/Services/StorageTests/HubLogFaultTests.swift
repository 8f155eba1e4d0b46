// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Events
import Storage
import TestSupport
import Testing

/// A full or failing disk under the hub's log: what it could not land is not acknowledged, and lands when offered again.
@Suite(.timeLimit(.minutes(1))) struct HubLogFaultTests {
    @Test(arguments: [SQLITE_FULL, SQLITE_IOERR | 3 << 8, SQLITE_IOERR | 4 << 8])
    func `a failing write or sync acknowledges nothing that is not there, whichever it is`(code: Int32) async throws {
        for failing in 1...30 {
            let fixture = try HubLogFixture()
            let vfs = FaultVFS()
            let log = try fixture.open(vfs: vfs.name)
            _ = try await log.land(1...10)
            vfs.fail(failing...failing + 2, code: code)
            var acknowledged: UInt64 = 10
            var refused = 0
            // As an agent does it: what was not acknowledged is offered again, from there on.
            while acknowledged < 200 {
                let range = acknowledged + 1...acknowledged + 10
                do {
                    let landed = try await log.land(range)
                    #expect(landed.sequences.cumulative == range.upperBound)
                    acknowledged = range.upperBound
                } catch {
                    refused += 1
                    #expect(log.statistics().trouble == "\(error)")
                    // More than the three that fail: what comes while a failure is told is refused with it.
                    try #require(refused < 1_000, "landing never goes on")
                }
            }
            #expect(log.statistics().trouble == nil, "landing goes on by itself")
            let expected = Array(1...acknowledged)
            #expect(try await log.all().sequences(of: .sample()) == expected, "operation \(failing)")
            try fixture.copy(to: "crashed")
            let again = try fixture.open("crashed")
            #expect(try await again.all().sequences(of: .sample()) == expected, "after a crash; operation \(failing)")
            await again.close()
            await log.close()
        }
    }

    @Test func `after a crash on a full disk all that was acknowledged is there, and nothing twice`() async throws {
        for failing in 1...12 {
            let fixture = try HubLogFixture()
            let vfs = FaultVFS()
            let log = try fixture.open(vfs: vfs.name)
            vfs.fail(failing...1_000_000)
            var acknowledged: UInt64 = 0
            while let landed = try? await log.land(acknowledged + 1...acknowledged + 10) {
                acknowledged = landed.sequences.cumulative
            }
            let full = StoreError.diskFull(path: fixture.directory + "/hub/hub.db")
            #expect(log.statistics().trouble == full.description)
            try fixture.copy(to: "crashed")
            let again = try fixture.open("crashed")
            let found = try await again.all().sequences(of: .sample())
            #expect(found == (0..<UInt64(found.count)).map { $0 + 1 }, "no hole, no repetition")
            #expect(found.count >= Int(acknowledged), "acknowledged up to \(acknowledged)")
            // The agent offers again what it has no acknowledgement for.
            let landed = try await again.land(acknowledged + 1...acknowledged + 10)
            #expect(landed.sequences == SequenceSet(cumulative: acknowledged + 10))
            #expect(try await again.all().sequences(of: .sample()) == Array(1...acknowledged + 10))
            await again.close()
            await log.close()
        }
    }
}
