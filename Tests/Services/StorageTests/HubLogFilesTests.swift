// SPDX-License-Identifier: Apache-2.0

import CSQLite
import Events
import Storage
import TestSupport
import Testing

/// The state directory: locks, damage, versions, cursors.
@Suite(.timeLimit(.minutes(1))) struct HubLogFilesTests {
    @Test func `a second hub is told that the directory is in use`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        #expect(throws: StoreError.locked(path: fixture.directory + "/hub/hub.lock")) { try fixture.open() }
        await log.close()
        await (try fixture.open()).close()
    }

    @Test func `the hub keeps its id, and every opening has its own`() async throws {
        let fixture = try HubLogFixture()
        let first = try fixture.open()
        await first.close()
        let second = try fixture.open()
        #expect(first.hubID == second.hubID)
        #expect(first.hubEpoch != second.hubEpoch)
        await second.close()
    }

    @Test(arguments: [
        [UInt8](), Array("this is no database, and longer than any header".utf8) + [UInt8](repeating: 7, count: 9_000),
    ])
    func `a file that is no log is moved aside, the id stays`(bytes: [UInt8]) async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...3)
        await log.close()
        for round in 1...2 {
            try HubLogFixture.write(bytes, to: fixture.directory + "/hub/hub.db")
            let fresh = try fixture.open()
            #expect(try await fresh.all().isEmpty)
            #expect(fresh.head > log.head, "positions are not used twice")
            #expect(fresh.hubID == log.hubID, "so that agents' figures show the loss")
            #expect(HubLogFixture.contents(fixture.directory + "/hub/hub.db.damaged-\(round)") == bytes)
            #expect(try await fresh.land(1...3).new == 3)
            await fresh.close()
        }
    }

    @Test func `a database of another kind is moved aside`() async throws {
        let fixture = try HubLogFixture()
        await (try fixture.open()).close()
        try execute("DROP TABLE meta", fixture)
        let log = try fixture.open()
        #expect(try await log.land(1...3).new == 3)
        #expect(HubLogFixture.names(in: fixture.directory + "/hub").contains("hub.db.damaged-1"))
        await log.close()
    }

    @Test func `a newer format is refused and left alone`() async throws {
        let fixture = try HubLogFixture()
        await (try fixture.open()).close()
        try execute("PRAGMA user_version = 99; UPDATE meta SET value = 99 WHERE key = 'format'", fixture)
        let path = fixture.directory + "/hub/hub.db"
        #expect(throws: StoreError.newerVersion(path: path, found: 99, supported: 5)) { try fixture.open() }
        #expect(throws: StoreError.newerVersion(path: path, found: 99, supported: 5)) {
            try HubLog.openReader(directory: fixture.directory + "/hub")
        }
    }

    @Test func `a newer format is refused without a trace`() async throws {
        let fixture = try HubLogFixture()
        await (try fixture.open()).close()
        try execute("PRAGMA user_version = 99; UPDATE meta SET value = 99 WHERE key = 'format'", fixture)
        let directory = fixture.directory + "/hub"
        let files = {
            HubLogFixture.names(in: directory).map { ($0, HubLogFixture.contents("\(directory)/\($0)") ?? []) }
        }
        let before = files()
        let refusal = StoreError.newerVersion(path: directory + "/hub.db", found: 99, supported: 5)
        #expect(throws: refusal) { try fixture.open() }
        #expect(throws: refusal) { try HubLog.openReader(directory: directory) }
        let after = files()
        #expect(after.map(\.0) == before.map(\.0))
        #expect(after.map(\.1) == before.map(\.1))
    }

    @Test func `a version that only the header says is damage, and nothing is lost by it`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...10)
        await log.close()
        try execute("PRAGMA user_version = 7", fixture)
        let again = try fixture.open()
        #expect(try await again.all().sequences(of: .sample()) == Array(1...10))
        await again.close()
    }

    @Test(arguments: [3, 4])
    func `a log of a version without checksums is taken over, and is salvaged like a new one`(version: Int) async throws
    {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...10)
        _ = try await log.record(Gap(lane: .sample(), first: 11, last: 12, reason: .expired))
        await log.close()
        try execute(OldHubLog.downgrade(to: version), fixture)
        let reader = try HubLog.openReader(directory: fixture.directory + "/hub", opening: HubLogFixture.opening)
        #expect(try reader.gaps().count == 1)
        var again = try fixture.open()
        #expect(try await again.all().sequences(of: .sample()) == Array(1...10))
        #expect(try await again.land(13...20).new == 8)
        #expect(try await again.land(1...10).new == 0)
        await again.close()
        #expect(!HubLogFixture.names(in: fixture.directory + "/hub").contains("hub.db.damaged-1"))
        // Without its tables nothing but the copy that the migration made says whose the rows are.
        try execute("DROP TABLE meta; DROP TABLE epochs", fixture)
        again = try fixture.open()
        #expect(try await again.all().sequences(of: .sample()) == Array(1...10) + Array(13...20))
        await again.close()
    }

    @Test func `a directory that cannot be made is named`() async throws {
        #expect(throws: StoreError.unwritable(path: "/proc/none/hub", reason: "No such file or directory")) {
            try HubLog.open(
                HubLogConfiguration(directory: "/proc/none/hub"),
                randomID: { 1 },
                logger: HubLogFixture.quiet
            )
        }
    }

    @Test func `a cursor travels with the next commit`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        #expect(try await log.cursor("mqtt") == nil)
        _ = try await log.land(1...3)
        log.setCursor("mqtt", 1)
        #expect(try await log.cursor("mqtt") == 1)
        _ = try await log.land(4...6)
        try fixture.copy(to: "copy")
        let copy = try fixture.open("copy")
        #expect(try await copy.cursor("mqtt") == 1)
        #expect(try await copy.cursor("rabbitmq") == nil)
        await copy.close()
        log.setCursor("mqtt", 2)
        await log.close()
        let again = try fixture.open()
        #expect(try await again.cursor("mqtt") == 2)
        await again.close()
    }

    @Test func `a cursor is stored soon even when nothing lands`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...3)
        log.setCursor("mqtt", 1)
        var stored: Int64?
        for _ in 0..<200 where stored == nil {
            try await Task.sleep(for: .milliseconds(20))
            try fixture.copy(to: "copy")
            let copy = try fixture.open("copy")
            stored = try await copy.cursor("mqtt")
            await copy.close()
        }
        #expect(stored == 1)
        await log.close()
    }

    @Test func `a flipped bit on the disk is a gap, never another payload`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...3)
        _ = try await log.land(4...6)
        await log.close()
        let path = fixture.directory + "/hub/hub.db"
        var bytes = try #require(HubLogFixture.contents(path))
        let pattern = Array("value 2 0".utf8)
        let place = try #require(
            bytes.indices.dropLast(pattern.count).first { bytes[$0..<$0 + pattern.count].elementsEqual(pattern) }
        )
        bytes[place] ^= 1
        try HubLogFixture.write(bytes, to: path)

        let again = try fixture.open()
        #expect(try await again.all().sequences(of: .sample()) == [4, 5, 6])
        _ = try await again.land(7...7)
        #expect(again.statistics().gapEvents == 3)
        await again.close()
        let reader = try HubLog.openReader(directory: fixture.directory + "/hub", opening: HubLogFixture.opening)
        #expect(try reader.next(after: 0)?.position == 2)
        #expect(reader.damagedRows == 1)
        #expect(try reader.gaps().map(\.gap) == [Gap(lane: .sample(), first: 1, last: 3, reason: .unreadable)])
    }

    @Test(arguments: ["lane = 2", "first = 4 + 64", "count = 3 + 16", "lane = 3, batch = x'00'"])
    func `a row that says it is of other events is a gap of its own`(change: String) async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        for partition in UInt32(1)...3 { _ = try await log.land(4...6, lane: .sample(0xE1, partition)) }
        await log.close()
        try execute("UPDATE log_1 SET \(change) WHERE lane = 3", fixture)
        let again = try fixture.open()
        #expect(try await again.all().count == 2)
        do {
            _ = try await again.land(7...7)
            await again.close()
        } catch {
            // The damage was noted before: the log takes nothing more, and the next start takes over what is intact.
            await again.close()
            let third = try fixture.open()
            _ = try await third.land(7...7)
            await third.close()
        }
        let reader = try HubLog.openReader(directory: fixture.directory + "/hub", opening: HubLogFixture.opening)
        let gap = Gap(lane: .sample(0xE1, 3), first: 4, last: 6, reason: .unreadable)
        #expect(try reader.gaps().map(\.gap) == [gap])
    }

    private func execute(_ sql: String, _ fixture: HubLogFixture) throws {
        let database = try SQLiteConnection(path: fixture.directory + "/hub/hub.db")
        try database.execute(sql)
    }
}
