// SPDX-License-Identifier: Apache-2.0

import Events
import Glibc
import Storage
import Synchronization
import TestSupport
import Testing

/// Opening the log costs the same whatever it holds.
@Suite(.timeLimit(.minutes(10))) struct HubLogOpeningTests {
    /// `LOG_ROWS=100000` is the long form.
    private static let rows = getenv("LOG_ROWS").flatMap { UInt64(String(cString: $0)) } ?? 20_000

    @Test func `opening reads as many pages for many rows as for few`() async throws {
        let few = try await Self.readsAtOpening(rows: 1_000)
        let many = try await Self.readsAtOpening(rows: Self.rows)
        #expect(few.segments == 1 && many.segments > 1)
        // Each segment is a table, and there are about 32 however long the log is: a few pages of schema.
        #expect(many.reads <= few.reads + 24, "\(few) for 1000 rows, \(many) for \(Self.rows)")
        print("opening: \(few) for 1000 rows, \(many) for \(Self.rows)")
    }

    @Test func `opening reads as many pages for twenty segments as for one`() async throws {
        let one = try await Self.readsAtOpening(rows: 500, segmentBytes: 320 << 10)
        let twenty = try await Self.readsAtOpening(rows: 20_000, segmentBytes: 320 << 10)
        #expect(one.segments <= 2 && twenty.segments >= 20)
        #expect(twenty.reads <= one.reads + 16, "\(one), \(twenty)")
        print("opening: \(one), \(twenty)")
    }

    private static func readsAtOpening(
        rows: UInt64,
        segmentBytes: Int64? = nil
    ) async throws -> (reads: Int, segments: Int64) {
        let fixture = try HubLogFixture()
        var log = try fixture.open { if let segmentBytes { $0.segmentBytes = segmentBytes } }
        for first in stride(from: UInt64(1), through: rows, by: 500) {
            try await land(first..<first + 500, in: log)
        }
        #expect(log.head == Int64(rows))
        await log.close()
        let vfs = FaultVFS()
        log = try fixture.open(vfs: vfs.name)
        let reads = vfs.plan.withLock { $0.reads }
        #expect(log.head == Int64(rows))
        #expect(log.statistics().events == rows * 16)
        await log.close()
        let database = try SQLiteConnection(path: fixture.directory + "/hub/hub.db")
        return (reads, try database.integer("SELECT count(*) FROM segments") ?? 0)
    }

    /// One row each, in few commits.
    private static func land(_ rows: Range<UInt64>, in log: HubLog) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            let counter = Counter(left: rows.count, continuation)
            for row in rows {
                let block = EventBlock.sample((row - 1) * 16 + 1...row * 16)
                log.land(node: "pump", lane: .sample(), batch: PlainBatch.encode(block), block: block) {
                    counter.done($0)
                }
            }
        }
    }

    private final class Counter: Sendable {
        private let state: Mutex<(left: Int, failure: StoreError?)>
        private let continuation: CheckedContinuation<Void, any Error>

        init(left: Int, _ continuation: CheckedContinuation<Void, any Error>) {
            state = Mutex((left, nil))
            self.continuation = continuation
        }

        func done(_ result: Result<Landed, StoreError>) {
            let rest = state.withLock { state in
                if case .failure(let error) = result { state.failure = error }
                state.left -= 1
                return state
            }
            guard rest.left == 0 else { return }
            if let failure = rest.failure { continuation.resume(throwing: failure) } else { continuation.resume() }
        }
    }
}
