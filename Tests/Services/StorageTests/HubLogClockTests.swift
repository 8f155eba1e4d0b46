// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import Testing

@Suite struct HubLogClockTests {
    /// The beginning of 2026, UTC.
    private static let newYear: Int64 = 1_767_225_600_000
    private static let store: UInt64 = 0xA1

    private func keep(_ clock: ClockAnnouncement, _ log: HubLog) async throws {
        let result: Result<Void, StoreError> = await withCheckedContinuation { continuation in
            log.keep(clock, store: Self.store) { continuation.resume(returning: $0) }
        }
        try result.get()
    }

    private func record(
        _ ordinal: UInt32,
        uptime: Int64,
        wall: Int64,
        synchronised: Bool = false,
        first: UInt64 = 1,
        epoch: UInt64 = 0xE1,
        node: String = "pump"
    ) -> ClockAnnouncement {
        ClockAnnouncement(
            node: node,
            epoch: Epoch(id: epoch, ordinal: 1),
            record: ClockRecord(
                ordinal: ordinal,
                reading: ClockReading(boot: 7, uptime: uptime, wall: wall, isSynchronised: synchronised),
                places: [.init(partition: Partition(number: 1), first: first)]
            )
        )
    }

    private func times(_ reader: HubLogReader) throws -> [EventTime] {
        var times: [EventTime] = []
        var position: Int64 = 0
        while let entry = try reader.next(after: position) {
            position = entry.position
            let clock = try reader.clock(of: entry)
            times += entry.block.records.map { clock.time(of: $0.sequence, raw: $0.timestamp) }
        }
        return times
    }

    private func reader(_ fixture: HubLogFixture) throws -> HubLogReader {
        try HubLog.openReader(directory: fixture.directory + "/hub", opening: HubLogFixture.opening)
    }

    @Test func `events that landed are corrected by a record that comes later`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        // Samples carry 1,000 ms and their sequence.
        _ = try await log.land(1...3)
        let reader = try reader(fixture)
        #expect(try times(reader) == (1...3).map { EventTime(milliseconds: 1_000 + $0, quality: .unknown) })
        try await keep(record(1, uptime: 500, wall: 500), log)
        try reader.renew()
        #expect(try times(reader).map(\.quality) == [.unset, .unset, .unset])
        try await keep(record(2, uptime: 60_500, wall: Self.newYear, synchronised: true, first: 4), log)
        #expect(try times(reader).map(\.quality) == [.unset, .unset, .unset], "a snapshot stays what it is")
        try reader.renew()
        let boot = Self.newYear - 60_500
        #expect(try times(reader) == (1...3).map { EventTime(milliseconds: boot + 1_000 + $0, quality: .corrected) })
        await log.close()
    }

    @Test func `a record that comes again changes nothing, and all survive a crash`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...2)
        try await keep(record(1, uptime: 0, wall: 0), log)
        try await keep(record(2, uptime: 60_000, wall: Self.newYear, synchronised: true, first: 3), log)
        try await keep(record(1, uptime: 9_000, wall: 9), log)
        try fixture.copy(to: "crashed")
        await log.close()
        let again = try fixture.open("crashed")
        let reader = try HubLog.openReader(
            directory: fixture.directory + "/crashed",
            opening: HubLogFixture.opening
        )
        #expect(try times(reader).map(\.milliseconds) == [Self.newYear - 58_999, Self.newYear - 58_998])
        await again.close()
    }

    @Test func `records of one node say nothing of another`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...1)
        try await keep(record(1, uptime: 0, wall: Self.newYear, synchronised: true, node: "other"), log)
        #expect(try times(try reader(fixture)).map(\.quality) == [.unknown])
        await log.close()
    }

    @Test func `a node whose clock goes mad does not fill the log`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        _ = try await log.land(1...1)
        for ordinal in UInt32(1)...1_030 {
            try await keep(record(ordinal, uptime: Int64(ordinal), wall: Int64(ordinal) * 86_400_000), log)
        }
        await log.close()
        let database = try SQLiteConnection(path: fixture.directory + "/hub/hub.db", readOnly: true)
        #expect(try database.integer("SELECT count(*) FROM clocks") == 1_024)
        #expect(try database.integer("SELECT max(ordinal) FROM clocks") == 1_030)
    }
}
