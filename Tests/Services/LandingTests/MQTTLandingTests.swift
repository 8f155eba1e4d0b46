// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Glibc
import Landing
import Logging
import ServiceLifecycle
import Storage
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct MQTTLandingTests {
    private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private static func temporaryDirectory() throws -> String {
        var template = Array("/tmp/sluice-landing-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw StoreError.failed(path: "/tmp", reason: "mkdtemp") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func remove(_ directory: String) {
        for name in ["hub.db", "hub.db-wal", "hub.db-shm", "hub.lock", "hub.id"] { unlink("\(directory)/\(name)") }
        rmdir(directory)
    }

    private static func open(_ directory: String) throws -> HubLog {
        var generator = SystemRandomNumberGenerator()
        return try HubLog.open(
            HubLogConfiguration(directory: directory),
            randomID: { generator.next() },
            logger: quiet,
            opening: BatchOpening {
                { batch, _, block in PlainBatch.decode(batch, into: &block) ? nil : .malformed("not a plain batch") }
            }
        )
    }

    private static func land(_ range: ClosedRange<UInt64>, in log: HubLog) async throws {
        var block = EventBlock()
        for sequence in range {
            block.append(sequence: sequence, timestamp: 1, topic: "t", payload: Array("\(sequence)".utf8))
        }
        let landed = block
        let result: Result<Landed, StoreError> = await withCheckedContinuation { continuation in
            log.land(
                node: "pump",
                lane: Lane(epoch: 1, partition: Partition(number: 1)),
                batch: PlainBatch.encode(landed),
                block: landed
            ) { continuation.resume(returning: $0) }
        }
        _ = try result.get()
    }

    /// Runs a landing and hands each sequence to `body` until it returns false; that delivery is cut short by shutdown.
    private static func follow(_ log: HubLog, _ body: @escaping @Sendable (UInt64) async -> Bool) async throws {
        let (ends, end) = AsyncStream<Void>.makeStream()
        let landing = MQTTLanding(log: log, logger: quiet) { block in
            for record in block.records {
                if await body(record.sequence) { continue }
                end.yield()
                try? await Task.sleep(for: .seconds(3_600))
                return
            }
        }
        let group = ServiceGroup(services: [landing], logger: quiet)
        async let run: Void = group.run()
        for await _ in ends { break }
        await group.triggerGracefulShutdown()
        try await run
    }

    /// What a landing hands out until it comes to `last`.
    private static func sequences(_ log: HubLog, upTo last: UInt64) async throws -> [UInt64] {
        let seen = Mutex<[UInt64]>([])
        try await follow(log) { sequence in
            seen.withLock { $0.append(sequence) }
            return sequence < last
        }
        return seen.withLock(\.self)
    }

    @Test func `a new cursor begins at the oldest event and follows the head`() async throws {
        let directory = try Self.temporaryDirectory()
        defer { Self.remove(directory) }
        let log = try Self.open(directory)
        try await Self.land(1...50, in: log)
        let seen = Mutex<[UInt64]>([])
        try await Self.follow(log) { sequence in
            seen.withLock { $0.append(sequence) }
            if sequence == 50 { try? await Self.land(51...60, in: log) }
            if sequence == 60 { try? await Self.land(61...61, in: log) }
            return sequence < 61
        }
        #expect(seen.withLock(\.self) == Array(1...61))
        await log.close()
    }

    @Test func `events that land behind newer ones are marked for subscribers`() async throws {
        let directory = try Self.temporaryDirectory()
        defer { Self.remove(directory) }
        let log = try Self.open(directory)
        try await Self.land(1...2, in: log)
        try await Self.land(5...6, in: log)
        try await Self.land(3...4, in: log)
        try await Self.land(7...7, in: log)
        let marked = Mutex<[Bool]>([])
        let (ends, end) = AsyncStream<Void>.makeStream()
        let landing = MQTTLanding(log: log, logger: Self.quiet) { block in
            for index in block.records.indices {
                let attributes = try? EventAttributes(decoding: block.attributes(at: index))
                let isMarked = attributes?.userProperties == [.init(name: "sluice-historical", value: "true")]
                #expect(block.payload(at: index).elementsEqual("\(block.records[index].sequence)".utf8))
                #expect(block.topic(at: index) == "t")
                marked.withLock { $0.append(isMarked) }
                if block.records[index].sequence == 7 { end.yield() }
            }
        }
        let group = ServiceGroup(services: [landing], logger: Self.quiet)
        async let run: Void = group.run()
        for await _ in ends { break }
        await group.triggerGracefulShutdown()
        try await run
        #expect(marked.withLock(\.self) == [false, false, false, false, true, true, false])
        await log.close()
    }

    @Test func `a restarted landing goes on where the stored cursor stands`() async throws {
        let directory = try Self.temporaryDirectory()
        defer { Self.remove(directory) }
        var log = try Self.open(directory)
        for first in stride(from: UInt64(1), to: 200, by: 10) { try await Self.land(first...first + 9, in: log) }
        let all = Mutex<[UInt64]>([])
        while all.withLock(\.last) != 200 {
            // Each life sees a few batches; the log is decoded from disk after the first.
            let before = all.withLock(\.count)
            try await Self.follow(log) { sequence in
                all.withLock { seen in
                    seen.append(sequence)
                    return seen.count - before < 45 && sequence < 200
                }
            }
            await log.close()
            log = try Self.open(directory)
        }
        let seen = all.withLock(\.self)
        #expect(Set(seen) == Set(1...200), "at least once")
        // A batch may come again at each restart, in order; nothing is left out.
        for (left, right) in zip(seen, seen.dropFirst()) { #expect(right <= left + 1) }
        #expect(try await log.cursor("mqtt") == 19, "the last delivery was cut short")
        await log.close()
    }

    @Test func `a delivery that shutdown cuts short is repeated`() async throws {
        let directory = try Self.temporaryDirectory()
        defer { Self.remove(directory) }
        let log = try Self.open(directory)
        try await Self.land(1...5, in: log)
        let (started, start) = AsyncStream<Void>.makeStream()
        let stuck = MQTTLanding(log: log, logger: Self.quiet) { _ in
            start.yield()
            // A subscriber that never makes room, until the task is cancelled.
            try? await Task.sleep(for: .seconds(3_600))
        }
        let group = ServiceGroup(services: [stuck], logger: Self.quiet)
        async let run: Void = group.run()
        for await _ in started { break }
        await group.triggerGracefulShutdown()
        try await run
        #expect(try await log.cursor("mqtt") == 0)
        let seen = try await Self.sequences(log, upTo: 5)
        #expect(seen == Array(1...5))
        await log.close()
    }
}
