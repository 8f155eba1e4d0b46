// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
import TestSupport
import Testing

/// How much longer an outage may last on the same flash.
@Suite struct PackedSizeTests {
    /// Pages of the database that hold events, in bytes.
    private struct Sizes {
        var rows: Double
        var packed: Double
        var factor: Double { rows / packed }
    }

    /// Fills a store with copies of a block until there is enough, packs all of it and compares.
    private func sizes(_ block: EventBlock, bytes: Int) async throws -> Sizes {
        let directory = StateDirectory(inMemory: true)
        let open = { try AgentStore.open(directory) { $0.maximumBytes = 64 << 20 } }
        let empty = try open()
        let free = empty.statistics().freeBytes
        await empty.close()
        let store = try open()
        var count = 0
        for _ in 0...bytes / max(1, block.byteCount) {
            for start in stride(from: 0, to: block.count, by: 500) {
                var part = EventBlock()
                for record in block.records[start..<min(block.count, start + 500)] {
                    part.append(record, of: block, sequence: 0)
                }
                try await store.append(part)
            }
            count += block.count
        }
        let rows = free - store.statistics().freeBytes
        await store.close()
        // Nothing of an older epoch is new: all of it is packed.
        let again = try open()
        #expect(try await again.packAll() == count)
        let packed = free - again.statistics().freeBytes
        await again.close()
        return Sizes(rows: Double(rows) / Double(count), packed: Double(packed) / Double(count))
    }

    private func report(_ name: String, _ sizes: Sizes) {
        func text(_ value: Double) -> String { "\(Double(Int(value * 10)) / 10)" }
        print(
            "packs: \(name): \(text(sizes.rows)) bytes an event as a row, \(text(sizes.packed)) packed,",
            terminator: " "
        )
        print("\(text(sizes.factor)) times as long")
    }

    @Test func `telemetry takes a fraction of the pages`() async throws {
        var telemetry = Telemetry()
        let sizes = try await sizes(telemetry.next(4_000), bytes: 1)
        report("generated telemetry", sizes)
        #expect(sizes.factor > 4)
    }

    @Test(
        .enabled(if: Corpus.isPresent, "no recordings beside the package; set CORPORA_DIR"),
        arguments: [
            ("meter", 6.0), ("nab_cloud", 6), ("nab_ind", 6), ("can_json", 6), ("can_bin", 6), ("gps", 6),
            ("air_lp", 6),
            ("ais", 2),
        ]
    )
    func `recordings take a fraction of the pages`(name: String, least: Double) async throws {
        let sizes = try await sizes(Corpus.load(name), bytes: 1)
        report(name, sizes)
        #expect(sizes.factor > least, "\(name)")
    }
}
