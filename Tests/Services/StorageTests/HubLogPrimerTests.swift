// SPDX-License-Identifier: Apache-2.0

import Batching
import CSQLite
import Events
import Logging
import Storage
import TestSupport
import Testing

/// Primers in the hub's log: what names one can be read as long as the log, and nothing lands that could not.
@Suite struct HubLogPrimerTests {
    let fixture: HubLogFixture

    init() throws {
        fixture = try HubLogFixture()
    }

    private func open(_ change: (inout HubLogConfiguration) -> Void = { _ in }) throws -> HubLog {
        var generator = SystemRandomNumberGenerator()
        var configuration = HubLogConfiguration(directory: fixture.directory + "/hub")
        change(&configuration)
        return try HubLog.open(
            configuration,
            randomID: { generator.next() },
            logger: HubLogFixture.quiet
        )
    }

    private static func primer(salt: UInt64 = 0) throws -> Primer {
        var trainer = PrimerTrainer(limit: 2_000)
        let block = EventBlock.sample(1...100, salt: salt)
        trainer.observe(block, 0..<block.count)
        return try #require(trainer.makePrimer())
    }

    private static func keep(_ primer: Primer, node: String = "pump", in log: HubLog) async throws -> PrimerLanding {
        let result = await withCheckedContinuation { continuation in
            log.keep(primer, node: node) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    private static func land(
        _ range: ClosedRange<UInt64>,
        _ primer: Primer?,
        node: String = "pump",
        in log: HubLog
    ) async throws -> Landed {
        let block = EventBlock.sample(range)
        var encoder = BatchEncoder(limit: 60_000, primer: primer)
        var bytes: [UInt8] = []
        #expect(encoder.encode(block, from: 0, into: &bytes) == block.count)
        let batch = bytes
        let result = await withCheckedContinuation { continuation in
            log.land(node: node, lane: .sample(), batch: batch, block: block) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    private static func sequences(_ reader: HubLogReader) throws -> [UInt64] {
        var found: [UInt64] = []
        var position: Int64 = 0
        while let entry = try reader.next(after: position) {
            found += entry.block.records.map(\.sequence)
            position = entry.position
        }
        #expect(reader.damagedRows == 0)
        return found
    }

    private func execute(_ sql: String) throws {
        var handle: OpaquePointer?
        defer { sqlite3_close(handle) }
        try #require(sqlite3_open(fixture.directory + "/hub/hub.db", &handle) == SQLITE_OK)
        sqlite3_busy_timeout(handle, 5_000)
        try #require(sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK)
    }

    @Test func `batches that name a kept primer are read again, while the hub runs and when it does not`() async throws
    {
        let primer = try Self.primer()
        let log = try open()
        #expect(try await Self.keep(primer, in: log) == .landed)
        #expect(log.statistics().primers == 1)
        #expect(try await Self.land(1...20, primer, in: log).new == 20)
        // Trimmed: some of it has landed before.
        #expect(try await Self.land(11...30, primer, in: log).new == 10)
        let directory = fixture.directory + "/hub"
        #expect(try Self.sequences(HubLog.openReader(directory: directory)) == Array(1...30))
        await log.close()
        let stopped = try HubLog.openReader(directory: directory)
        #expect(try Self.sequences(stopped) == Array(1...30))
        #expect(try stopped.primerCount() == 1)
        let again = try open()
        #expect(again.statistics().primers == 1)
        #expect(try await again.all().flatMap { $0.block.records.map(\.sequence) } == Array(1...30))
        let found = try await again.primers(of: "pump", [primer.identifier, PrimerIdentifier(rawValue: 1)])
        #expect(found.map(\.identifier) == [primer.identifier])
        await again.close()
    }

    @Test func `all primers are read as they were published`() async throws {
        let primer = try Self.primer()
        let other = try Self.primer(salt: 1)
        let log = try open()
        _ = try await Self.keep(primer, in: log)
        _ = try await Self.keep(other, node: "valve", in: log)
        await log.close()
        var found: [HubLogPrimer] = []
        try HubLog.openReader(directory: fixture.directory + "/hub").forEachPrimer { found.append($0) }
        #expect(found.map(\.node) == ["pump", "valve"])
        #expect(found.map(\.identifier) == [primer.identifier, other.identifier])
        #expect(found.map(\.bytes) == [primer.bytes, other.bytes])
    }

    @Test func `a batch lands only where its primer is`() async throws {
        let primer = try Self.primer()
        let log = try open()
        let refused = try await Self.land(1...20, primer, in: log)
        #expect(refused.primerWanted == primer.identifier && refused.new == 0)
        #expect(refused.sequences == SequenceSet())
        #expect(log.head == 0)
        #expect(try await Self.land(1...5, nil, in: log).new == 5)
        _ = try await Self.keep(primer, in: log)
        #expect(try await Self.land(1...20, primer, in: log).new == 15)
        // What has landed needs no primer to be known for it.
        try execute("DELETE FROM primers")
        #expect(try await Self.land(1...20, primer, in: log).repeated == 20)
        #expect(try await Self.land(21...30, primer, in: log).primerWanted == primer.identifier)
        await log.close()
    }

    @Test func `a primer is its node's alone`() async throws {
        let primer = try Self.primer()
        let log = try open()
        _ = try await Self.keep(primer, in: log)
        #expect(try await Self.land(1...20, primer, node: "other", in: log).primerWanted == primer.identifier)
        #expect(try await log.primers(of: "other", [primer.identifier]).isEmpty)
        await log.close()
    }

    @Test func `the oldest that nothing names make room, what is named stays, and then no more is taken`() async throws
    {
        let log = try open()
        let used = try Self.primer()
        _ = try await Self.keep(used, in: log)
        #expect(try await Self.land(1...20, used, in: log).new == 20)
        let unused = try Self.primer(salt: 1)
        _ = try await Self.keep(unused, in: log)
        let newer = try Self.primer(salt: 2)
        _ = try await Self.keep(newer, in: log)
        let last = try Self.primer(salt: 3)
        // As large as all that the node may have, but for two of them.
        let size = (8 << 20) - used.bytes.count - last.bytes.count
        try execute("UPDATE primers SET bytes = zeroblob(\(size)) WHERE identifier = \(signed(newer))")
        #expect(try await Self.keep(last, in: log) == .landed)
        let left = try await log.primers(of: "pump", [used, unused, last].map(\.identifier))
        #expect(left.map(\.identifier) == [used, last].map(\.identifier))
        #expect(log.statistics().primers == 3)
        // Only what batches name, and no room beside it.
        try execute("UPDATE primers SET used = 1")
        try execute("UPDATE primers SET bytes = zeroblob(\(8 << 20)) WHERE identifier = \(signed(newer))")
        #expect(try await Self.keep(try Self.primer(salt: 4), in: log) == .overQuota)
        #expect(try await Self.keep(try Self.primer(salt: 4), node: "other", in: log) == .landed)
        await log.close()
    }

    private func signed(_ primer: Primer) -> Int64 { Int64(bitPattern: primer.identifier.rawValue) }

    @Test func `a damaged primer is not handed out, and one that comes again mends it`() async throws {
        let primer = try Self.primer()
        let log = try open()
        _ = try await Self.keep(primer, in: log)
        #expect(try await Self.land(1...20, primer, in: log).new == 20)
        try execute("UPDATE primers SET bytes = x'0102'")
        #expect(try await log.primers(of: "pump", [primer.identifier]).isEmpty)
        #expect(try await Self.keep(primer, in: log) == .landed)
        await log.close()
        #expect(try Self.sequences(HubLog.openReader(directory: fixture.directory + "/hub")) == Array(1...20))
    }

    @Test func `batches of a primer that is damaged are one gap, however often they are read`() async throws {
        let primer = try Self.primer()
        var log = try open()
        _ = try await Self.keep(primer, in: log)
        for first in stride(from: UInt64(1), through: 91, by: 10) {
            #expect(try await Self.land(first...first + 9, primer, in: log).new == 10)
        }
        #expect(try await Self.land(101...110, nil, in: log).new == 10)
        await log.close()
        try execute("UPDATE primers SET bytes = x'0102'")
        log = try open()
        #expect(try await log.read(after: 8, maximumBytes: 1_000).count == 1)
        #expect(try await log.all().flatMap { $0.block.records.map(\.sequence) } == Array(101...110))
        #expect(try await Self.land(111...120, nil, in: log).new == 10)
        await log.close()
        let reader = try HubLog.openReader(directory: fixture.directory + "/hub")
        let gaps = try reader.gaps().map(\.gap).map { [$0.first, $0.last] }
        #expect(gaps == [[81, 100], [1, 80]])
    }

    @Test func `a log of the format before it is taken over with all that it holds`() async throws {
        let first = try open()
        #expect(try await Self.land(1...20, nil, in: first).new == 20)
        await first.close()
        try execute(OldHubLog.downgrade(to: 1))
        #expect(try Self.sequences(HubLog.openReader(directory: fixture.directory + "/hub")) == Array(1...20))
        #expect(try HubLog.openReader(directory: fixture.directory + "/hub").primerCount() == 0)
        let log = try open()
        let primer = try Self.primer()
        #expect(try await Self.keep(primer, in: log) == .landed)
        #expect(try await Self.land(21...30, primer, in: log).new == 10)
        #expect(try await log.all().flatMap { $0.block.records.map(\.sequence) } == Array(1...30))
        await log.close()
    }

    @Test func `a primer goes with the last batch that names it, and is then wanted again`() async throws {
        let time = ManualHubClock()
        let log = try open {
            $0.keepAge = .seconds(86_400)
            $0.upkeepPause = .milliseconds(5)
            $0.clock = time.clock
        }
        let primer = try Self.primer()
        #expect(try await Self.keep(primer, in: log) == .landed)
        #expect(try await Self.land(1...10, primer, in: log).new == 10)
        time.pass(80_000_000)
        #expect(try await Self.land(11...20, primer, in: log).new == 10)
        time.pass(10_000_000)
        #expect(try await Self.land(21...30, nil, in: log).new == 10)
        for _ in 0..<1_000 where log.statistics().dropped.events < 10 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(log.statistics().dropped.events == 10)
        #expect(log.statistics().primers == 1, "the second batch needs it")
        #expect(try await log.all().flatMap { $0.block.records.map(\.sequence) } == Array(11...30))
        time.pass(86_000_000)
        for _ in 0..<1_000 where log.statistics().primers > 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(log.statistics().primers == 0)
        #expect(try await log.primers(of: "pump", [primer.identifier]).isEmpty)
        #expect(try await Self.land(31...40, primer, in: log).primerWanted == primer.identifier)
        await log.close()
    }

    @Test func `a log of version 2 becomes segments, and goes with them`() async throws {
        let first = try open()
        let primer = try Self.primer()
        #expect(try await Self.keep(primer, in: first) == .landed)
        #expect(try await Self.land(1...20, primer, in: first).new == 20)
        #expect(try await Self.land(31...40, nil, in: first).new == 10)
        await first.close()
        try execute(OldHubLog.downgrade(to: 2))
        let reader = try HubLog.openReader(directory: fixture.directory + "/hub")
        #expect(try Self.sequences(reader) == Array(1...20) + Array(31...40))
        let time = ManualHubClock()
        let log = try open {
            $0.keepAge = .seconds(86_400)
            $0.upkeepPause = .milliseconds(5)
            $0.clock = time.clock
        }
        #expect(log.head == 2)
        #expect(try await Self.land(21...30, primer, in: log).new == 10)
        #expect(try await log.all().map(\.isHistorical) == [false, false, true], "version 2 did not know")
        #expect(log.statistics().events == 40)
        time.pass(2 * 86_400_000)
        for _ in 0..<1_000 where log.statistics().events > 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(log.statistics().dropped.events == 40)
        #expect(log.statistics().primers == 0)
        #expect(try await Self.land(1...40, nil, in: log).new == 0)
        await log.close()
    }
}
