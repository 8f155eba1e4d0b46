// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Storage
import TestSupport
import Testing

/// Whatever happens to the hub's files: it starts, shows only what agents sent, once, and asks for the rest.
@Suite(.timeLimit(.minutes(60))) struct HubLogDamageTests {
    /// `CORRUPTIONS=1000` is the long form, `CORRUPTION_SEED` repeats one.
    private static let rounds = variable("CORRUPTIONS") ?? 30
    private static let firstSeed = variable("CORRUPTION_SEED") ?? 1
    /// Those that once failed: a page that only new nodes need, a row's lane, an index, a row's number and its batch.
    private static let known: [UInt64] = [10_188, 10_760, 20_935, 878]
    /// Events of each lane.
    private static let events: UInt64 = 600

    private static func variable(_ name: String) -> UInt64? {
        getenv(name).flatMap { UInt64(String(cString: $0)) }
    }

    private static let lanes: [(node: String, lane: Lane)] = [
        ("pump", .sample(0xE1, 0)), ("pump", .sample(0xE1, 1)), ("pump", .sample(0xE0, 1)), ("valve", .sample(0xE1, 1)),
    ]

    private static func change(_ configuration: inout HubLogConfiguration) {
        configuration.segmentBytes = 24 << 10
    }

    /// A log with some segments, holes filled late, a gap, and a WAL that is not copied yet.
    private static func fill(_ log: HubLog) async throws {
        for first in stride(from: UInt64(1), to: events, by: 20) {
            for (index, lane) in lanes.enumerated() where first != 101 || index != 1 {
                _ = try await log.land(first...first + 19, node: lane.node, lane: lane.lane, salt: UInt64(index))
            }
        }
        let (node, lane) = lanes[1]
        _ = try await log.record(Gap(lane: lane, first: 101, last: 110, reason: .expired), node: node)
        _ = try await log.land(111...120, node: node, lane: lane, salt: 1)
        log.setCursor("mqtt", 3)
    }

    @Test func `the hub starts after any damage, shows what is intact and gets the rest again`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open { Self.change(&$0) }
        try await Self.fill(log)
        try fixture.copy(to: "killed")
        await log.close()
        try fixture.copy(to: "closed")
        var kept = 0
        let seeds = Self.known + Array(Self.firstSeed..<Self.firstSeed + Self.rounds)
        for seed in seeds {
            var generator = SeededGenerator(seed: seed)
            let source = Bool.random(using: &generator) ? "killed" : "closed"
            try fixture.copy(source, to: "damaged")
            let damage = try Damage.random(using: &generator).apply(fixture.directory + "/damaged", using: &generator)
            do {
                kept += try await Self.check(fixture, "seed \(seed), \(source): \(damage)")
            } catch {
                Issue.record("seed \(seed), \(source), \(damage): \(error)")
            }
        }
        let all = seeds.count * (Int(Self.events) * Self.lanes.count - 10)
        print("corruptions: \(seeds.count), \(kept) of \(all) events found intact")
        #expect(kept > all / 2, "salvage finds next to nothing")
    }

    /// A new log is in its WAL alone, and is salvaged; one that was closed before goes on with what it has.
    @Test(arguments: [true, false])
    func `a flipped bit in the WAL hides no commit behind it`(isNew: Bool) async throws {
        let fixture = try HubLogFixture()
        if !isNew { await (try fixture.open()).close() }
        let log = try fixture.open { Self.change(&$0) }
        try await Self.fill(log)
        try fixture.copy(to: "killed")
        await log.close()
        for place in [40, 5_000, 200_000] {
            try fixture.copy("killed", to: "damaged")
            let wal = fixture.directory + "/damaged/hub.db-wal"
            var frames = try #require(HubLogFixture.contents(wal))
            try #require(frames.count > 300_000)
            frames[place] ^= 1
            try HubLogFixture.write(frames, to: wal)
            let again = try fixture.open("damaged") { Self.change(&$0) }
            let found = try await Self.read(again)
            let events = found.reduce(0) { $0 + $1.block.count }
            // One page of rows is damaged at most.
            #expect(events >= 4 * Int(Self.events) - 10 - 100, "\(events) events with a flip at \(place)")
            let isSalvaged = HubLogFixture.names(in: fixture.directory + "/damaged").contains("hub.db.damaged-1")
            #expect(isSalvaged == isNew)
            await again.close()
        }
    }

    @Test(arguments: [["hub.db-wal"], ["hub.db-wal", "hub.db"]])
    func `a hub that was killed while it salvaged goes on with that`(moved: [String]) async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open { Self.change(&$0) }
        try await Self.fill(log)
        try fixture.copy(to: "damaged")
        await log.close()
        let directory = fixture.directory + "/damaged"
        for name in moved {
            let target = name.replacing("hub.db", with: "hub.db.damaged-1")
            #expect(rename("\(directory)/\(name)", "\(directory)/\(target)") == 0)
        }
        try HubLogFixture.write([], to: directory + "/hub.damaged")
        let again = try fixture.open("damaged") { Self.change(&$0) }
        let events = try await Self.read(again).reduce(0) { $0 + $1.block.count }
        #expect(events == 4 * Int(Self.events) - 10)
        #expect(again.hubID == log.hubID)
        await again.close()
        let names = HubLogFixture.names(in: directory)
        #expect(names.contains("hub.db.damaged-1-wal") && !names.contains("hub.damaged"))
        #expect(names.allSatisfy { !$0.contains("damaged-2") })
    }

    /// Opens until nothing more is found to be damaged, then plays the agent that still has everything.
    private static func check(_ fixture: HubLogFixture, _ words: String) async throws -> Int {
        var log = try fixture.open("damaged") { change(&$0) }
        var found: [LogEntry] = []
        var kept = -1
        for attempt in 1...4 {
            do throws(StoreError) {
                found = try await read(log)
                if kept < 0 { kept = found.reduce(0) { $0 + $1.block.count } }
                try await resend(log)
                found = try await read(log)
                // Rows that were found damaged while they were read are gaps, which the next commit writes down. A node
                // that is new needs pages that no other does.
                try await land(1...1, "late", .sample(9, 1), salt: 0, in: log)
                break
            } catch {
                guard case .damaged = error, attempt < 4 else { throw error }
                await log.close()
                log = try fixture.open("damaged") { change(&$0) }
            }
        }
        await log.close()
        let reader = try HubLog.openReader(directory: fixture.directory + "/damaged", opening: HubLogFixture.opening)
        let gaps = try reader.gaps()
        for (index, lane) in lanes.enumerated() {
            try judge(found, gaps, lane.node, lane.lane, salt: UInt64(index), words)
        }
        return max(0, kept)
    }

    private static func read(_ log: HubLog) async throws(StoreError) -> [LogEntry] {
        var entries: [LogEntry] = []
        while true {
            let more = try await log.read(after: entries.last?.position ?? 0, maximumBytes: 1 << 20)
            if more.isEmpty { return entries }
            entries += more
        }
    }

    /// Sends all that the hub says it has not.
    private static func resend(_ log: HubLog) async throws(StoreError) {
        for (index, lane) in lanes.enumerated() {
            for first in stride(from: UInt64(1), to: events, by: 20) {
                try await land(first...first + 19, lane.node, lane.lane, salt: UInt64(index), in: log)
            }
        }
    }

    private static func land(
        _ range: ClosedRange<UInt64>,
        _ node: String,
        _ lane: Lane,
        salt: UInt64,
        in log: HubLog
    ) async throws(StoreError) {
        let block = EventBlock.sample(range, salt: salt)
        let result: Result<Landed, StoreError> = await withCheckedContinuation { continuation in
            log.land(node: node, lane: lane, batch: PlainBatch.encode(block), block: block) {
                continuation.resume(returning: $0)
            }
        }
        _ = try result.get()
    }

    /// Each event is there once, byte for byte, or in a gap.
    private static func judge(
        _ found: [LogEntry],
        _ gaps: [HubLogGap],
        _ node: String,
        _ lane: Lane,
        salt: UInt64,
        _ words: String
    ) throws {
        var seen = SequenceSet()
        for entry in found where entry.node == node && entry.lane == lane {
            for (index, record) in entry.block.records.enumerated() {
                #expect(!seen.contains(record.sequence), "\(words): \(record.sequence) of \(node) \(lane) twice")
                seen.insert(record.sequence...record.sequence)
                let expected = "value \(record.sequence) \(salt)"
                #expect(entry.block.payload(at: index).elementsEqual(expected.utf8), "\(words): another payload")
            }
        }
        for gap in gaps where gap.node == node && gap.gap.lane == lane { seen.insert(gap.gap.first...gap.gap.last) }
        let missing = seen.missing(in: 1...events)
        #expect(missing.isEmpty, "\(words): \(missing) of \(node) \(lane) is neither there nor a gap")
        #expect(
            found.allSatisfy { entry in lanes.contains { $0.node == entry.node && $0.lane == entry.lane } },
            "\(words)"
        )
    }
}

/// What may happen to the files of a log.
private enum Damage: CaseIterable {
    case flips, header, zeroPage, swapPages, truncate, noWAL, noDatabase, empty, random, walFlip, walCut

    static func random(using generator: inout SeededGenerator) -> Damage {
        allCases.randomElement(using: &generator) ?? .flips
    }

    /// Returns what was done.
    func apply(_ directory: String, using generator: inout SeededGenerator) throws -> String {
        let (path, wal) = (directory + "/hub.db", directory + "/hub.db-wal")
        var bytes = HubLogFixture.contents(path) ?? []
        let pages = bytes.count / 4096
        var words = "\(self)"
        switch self {
        case .flips:
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            }
        case .header:
            let place = Int.random(in: 0..<100, using: &generator)
            bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            words += " byte \(place)"
        case .zeroPage:
            let page = Int.random(in: 0..<pages, using: &generator)
            for place in page * 4096..<(page + 1) * 4096 { bytes[place] = 0 }
            words += " \(page + 1)"
        case .swapPages:
            let (one, two) = (
                Int.random(in: 0..<pages, using: &generator), Int.random(in: 0..<pages, using: &generator)
            )
            for place in 0..<4096 { bytes.swapAt(one * 4096 + place, two * 4096 + place) }
            words += " \(one + 1) and \(two + 1)"
        case .truncate: bytes.removeLast(Int.random(in: 1..<bytes.count, using: &generator))
        case .noWAL: unlink(wal)
        case .noDatabase:
            unlink(path)
            return words
        case .empty: bytes = []
        case .random: bytes = (0..<9_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        case .walFlip, .walCut:
            guard var frames = HubLogFixture.contents(wal), frames.count > 100 else { return words + " of no WAL" }
            let place = Int.random(in: 0..<frames.count, using: &generator)
            if self == .walCut { frames.removeLast(frames.count - place) } else { frames[place] ^= 0x10 }
            try HubLogFixture.write(frames, to: wal)
            words += " at \(place)"
        }
        try HubLogFixture.write(bytes, to: path)
        return words
    }
}
