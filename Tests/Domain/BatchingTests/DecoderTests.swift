// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import TestSupport
import Testing

@Suite struct DecoderTests {
    /// Decodes what may be anything; only the absence of a crash and of excess counts.
    private func decode(_ bytes: [UInt8], maximumBytes: Int = 1 << 20) -> Result<EventBlock, BatchFault> {
        var decoder = BatchDecoder()
        var block = EventBlock()
        do throws(BatchFault) {
            try decoder.decode(bytes.span.bytes, maximumBytes: maximumBytes, into: &block)
            return .success(block)
        } catch {
            return .failure(error)
        }
    }

    private func fault(_ bytes: [UInt8], maximumBytes: Int = 1 << 20) -> BatchFault? {
        guard case .failure(let fault) = decode(bytes, maximumBytes: maximumBytes) else { return nil }
        return fault
    }

    @Test(arguments: UInt64(0)..<60)
    func `damaged batches are refused or decoded, within the bounds`(seed: UInt64) {
        var events = RandomEvents(seed: seed)
        let packed = pack(events.block(count: 120), limit: 1_160)
        for batch in packed.batches {
            for _ in 0..<40 {
                var damaged = batch
                for _ in 0..<Int.random(in: 1...3, using: &events.generator) {
                    let place = Int.random(in: 0..<damaged.count, using: &events.generator)
                    switch Int.random(in: 0..<4, using: &events.generator) {
                    case 0: damaged[place] = .random(in: 0...255, using: &events.generator)
                    case 1: damaged[place] ^= 1 << UInt8.random(in: 0...7, using: &events.generator)
                    case 2 where damaged.count > 1: damaged.remove(at: place)
                    default: damaged.insert(.random(in: 0...255, using: &events.generator), at: place)
                    }
                }
                guard case .success(let block) = decode(damaged, maximumBytes: 100_000) else { continue }
                #expect(block.bytes.count <= 100_000, "seed \(seed)")
            }
        }
    }

    @Test(arguments: UInt64(0)..<40)
    func `damaged columns that are not compressed are refused or decoded`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<400 {
            var batch = Golden.columns
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                batch[Int.random(in: 1..<batch.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            _ = decode(batch)
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func `damaged batches on a primer are refused or decoded, within the bounds`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let primer = try Primer(bytes: Golden.primer)
        var decoder = BatchDecoder()
        for _ in 0..<400 {
            var batch = Golden.primedColumns
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                batch[Int.random(in: 20..<batch.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            var block = EventBlock()
            try? decoder.decode(batch.span.bytes, primer: primer, maximumBytes: 50_000, into: &block)
            #expect(block.bytes.count <= 50_000, "seed \(seed)")
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func `damaged primers are refused or opened`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<100 {
            var bytes = Golden.primer
            bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            guard let primer = try? Primer(bytes: bytes) else { continue }
            var encoder = BatchEncoder(limit: 1_160, primer: primer)
            var batch: [UInt8] = []
            var events = RandomEvents(seed: seed)
            #expect(encoder.encode(events.block(count: 5), from: 0, into: &batch) > 0, "seed \(seed)")
        }
    }

    @Test func `every prefix of a batch is refused`() {
        for batch in [Golden.rows, Golden.columns, Golden.compressedColumns] {
            for length in 0..<batch.count { #expect(fault(Array(batch[..<length])) != nil, "\(length)") }
        }
    }

    @Test func `what is newer than this program is unsupported`() {
        #expect(fault([0x20, 1, 1, 0]) == .unsupported("batch version 2"))
        #expect(fault([0x14, 1, 1, 0]) == .unsupported("batch mode 4"))
        #expect(fault([0x1C, 1, 1, 0]) == .unsupported("batch mode 12"))
    }

    @Test func `a header must count at least one event, at most 4096, and not pass the last sequence`() {
        #expect(fault([0x10, 1, 0, 0]) == .malformed("no events"))
        #expect(fault([0x10, 1, 0x81, 0x20, 0]) == .malformed("length beyond its bounds"))
        #expect(fault([0x10] + [UInt8](repeating: 0xFF, count: 9) + [2, 0]) == .malformed("sequence beyond 64 bits"))
    }

    @Test func `decoded bytes stop at the bound`() throws {
        var block = EventBlock()
        for sequence in UInt64(1)...1_000 {
            block.append(sequence: sequence, timestamp: 0, topic: "t", payload: [UInt8](repeating: 0x61, count: 100))
        }
        let packed = pack(block, limit: 1_160)
        let batch = try #require(packed.batches.first)
        #expect(packed.counts == [1_000])
        #expect(fault(batch, maximumBytes: 101_000) == nil)
        #expect(fault(batch, maximumBytes: 100_999) == .tooLarge("events"))
        #expect(fault(batch, maximumBytes: 0) != nil)
        #expect(fault(batch, maximumBytes: -1) != nil)
    }

    @Test func `a decoder goes on after a fault`() throws {
        var decoder = BatchDecoder()
        var block = EventBlock()
        let batch = Golden.compressedColumns
        let damaged = Array(batch.dropLast())
        var isRefused = false
        do throws(BatchFault) {
            try decoder.decode(damaged.span.bytes, maximumBytes: 1 << 20, into: &block)
        } catch {
            isRefused = true
        }
        #expect(isRefused)
        block.removeAll()
        try decoder.decode(batch.span.bytes, maximumBytes: 1 << 20, into: &block)
        #expect(block.count == Golden.events.count)
    }

    @Test func `the header is read without the body`() throws {
        let batch = Array(Golden.compressedColumns.prefix(16))
        let decoder = BatchDecoder()
        let header = try decoder.header(batch.span.bytes)
        #expect(header.firstSequence == 1_000)
        #expect(header.count == Golden.events.count)
    }
}
