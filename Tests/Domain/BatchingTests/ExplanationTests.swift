// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import TestSupport
import Testing

@Suite struct ExplanationTests {
    private func explain(_ golden: GoldenTests.Case) throws -> (BatchExplanation, EventBlock) {
        var decoder = BatchDecoder()
        var block = EventBlock()
        let explanation = try decoder.explain(
            golden.batch.span.bytes,
            primer: golden.primer.map { try Primer(bytes: $0) },
            maximumBytes: 1 << 20,
            into: &block
        )
        return (explanation, block)
    }

    private func expectSums(_ explanation: BatchExplanation, _ length: Int, _ comment: Comment) {
        let sizes = explanation.sizes
        let bits = explanation.columns.reduce(0) { $0 + $1.count.bits }
        #expect(sizes.header + sizes.body + sizes.codes == length, comment)
        #expect(sizes.batch == length, comment)
        if explanation.isColumns {
            #expect(bits + explanation.paddingBits == sizes.codes * 8, comment)
            #expect(0..<8 ~= explanation.paddingBits, comment)
            #expect(sizes.topics + sizes.templates + sizes.texts == sizes.unpacked, comment)
            #expect(explanation.templates.reduce(0) { $0 + $1.events } == explanation.count, comment)
        } else {
            #expect(bits == sizes.unpacked * 8, comment)
        }
        #expect(explanation.topics.reduce(0) { $0 + $1.events } == explanation.count, comment)
    }

    @Test(arguments: GoldenTests.cases.indices)
    func `parts and columns of a batch add up to its length`(index: Int) throws {
        let golden = GoldenTests.cases[index]
        let (explanation, block) = try explain(golden)
        expectSums(explanation, golden.batch.count, "mode \(golden.mode)")
        #expect(explanation.count == golden.events.count)
        #expect(explanation.firstSequence == golden.firstSequence)
        #expect(explanation.lastSequence == golden.firstSequence + UInt64(golden.events.count - 1))
        let primer = try golden.primer.map { try Primer(bytes: $0) }
        #expect(explanation.primer == primer?.identifier)
        #expect(block.count == golden.events.count)
        for (index, event) in golden.events.enumerated() where index < block.count {
            #expect(Array(block.payload(at: index)) == event.payload)
        }
    }

    @Test(arguments: UInt64(0)..<20)
    func `parts and columns of any batch add up`(seed: UInt64) throws {
        var events = RandomEvents(seed: seed)
        let block = events.block(count: 150)
        let primer = try primer(block, first: 60)
        for batch in pack(block, limit: 1_160).batches + pack(block.from(60), limit: 1_160, primer: primer).batches {
            var decoder = BatchDecoder()
            var copy = EventBlock()
            let explanation = try decoder.explain(
                batch.span.bytes,
                primer: primer,
                maximumBytes: 1 << 20,
                into: &copy
            )
            expectSums(explanation, batch.count, "seed \(seed)")
            #expect(copy.count == explanation.count, "seed \(seed)")
        }
    }

    @Test func `a small batch is explained to the slot`() throws {
        let (explanation, _) = try explain(GoldenTests.cases[2])
        #expect(explanation.mode == "columns")
        #expect(explanation.version == 1)
        #expect(explanation.baseTimeText == "2023-11-14T22:13:20.000Z")
        #expect(explanation.topics.map(\.name) == ["t/0", "t/1"])
        #expect(explanation.topics.map(\.events) == [2, 2])
        #expect(explanation.templates.map(\.text) == [#"{"v":<decimal>,"s":"<text>"}"#])
        #expect(explanation.templates.map(\.events) == [4])
        let names = ["topic", "template", "attributes", "time", "slot", "digits", "slot"]
        #expect(explanation.columns.map(\.name) == names)
        #expect(explanation.columns.map(\.count.codes) == Array(repeating: 4, count: 7))
        #expect(explanation.columns.compactMap(\.slot?.before) == [#"{"v":"#, #"{"v":"#, #","s":""#])
        #expect(explanation.columns.compactMap(\.slot?.number) == [1, 1, 2])
        #expect(explanation.columns[1].count.zeros == 4)
    }

    @Test func `every kind of slot has a name, and the clock is told`() throws {
        let (explanation, _) = try explain(GoldenTests.cases[3])
        #expect(explanation.mode == "columns, tables in zstd")
        #expect(explanation.sizes.unpacked > explanation.sizes.body)
        #expect(explanation.templates.first?.text == #"{"Time":"<time>","P":<decimal>,"U":<decimal>}"#)
        #expect(explanation.templates.first?.clock == 1)
        let texts = explanation.templates.map(\.text).joined()
        for kind in ["<bytes 6>", "<hex 8>", "<text>", "<six-bit 28>", "*<checksum>"] {
            #expect(texts.contains(kind), "\(kind): \(texts)")
        }
    }

    @Test func `what a primer brought is told apart`() throws {
        let (explanation, _) = try explain(GoldenTests.cases[4])
        #expect(explanation.topics.map(\.isOfPrimer) == Array(repeating: true, count: 5))
        #expect(explanation.templates.contains { $0.isOfPrimer })
        #expect(explanation.templates.allSatisfy { !$0.isOfPrimer || $0.events > 0 })
    }

    @Test func `rows are explained by their parts`() throws {
        let (explanation, _) = try explain(GoldenTests.cases[0])
        #expect(explanation.mode == "rows")
        #expect(explanation.topics.map(\.name) == ["a/b", ""])
        #expect(explanation.topics.map(\.events) == [2, 1])
        #expect(explanation.columns.map(\.name) == ["topic", "time", "attributes", "payload"])
        #expect(explanation.columns.map(\.count.bits) == [6 * 8, 3 * 8, 2 * 8, 8 * 8])
        #expect(explanation.columns.map(\.count.zeros) == [1, 1, 2, 1])
        #expect(explanation.templates.isEmpty)
    }

    private func damage(_ batch: [UInt8]) -> BatchDamage? {
        var decoder = BatchDecoder()
        var block = EventBlock()
        do throws(BatchDamage) {
            _ = try decoder.explain(batch.span.bytes, maximumBytes: 1 << 20, into: &block)
            return nil
        } catch {
            return error
        }
    }

    @Test func `damage is placed`() {
        let columns = Golden.columns
        #expect(damage([])?.description == "damaged in the header: ends early")
        #expect(damage([0x20])?.description == "this program does not know batch version 2")
        var tables = columns
        tables[11] = 0x7F
        #expect(damage(tables)?.place == .tables(byte: 11))
        let short = Array(columns.dropLast(3))
        #expect(damage(short)?.fault == .malformed("bits end early"))
        guard case .event(let number, let byte)? = damage(short)?.place else {
            Issue.record("\(String(describing: damage(short)))")
            return
        }
        #expect(1...4 ~= number)
        #expect(byte == short.count)
        #expect(damage(columns + [0]) != nil)
        #expect(damage(Array(Golden.compressedColumns.prefix(60)))?.place == .header)
        var frame = Golden.compressedColumns
        frame[14] ^= 0x80
        #expect(damage(frame)?.place == .frame(byte: 12))
        #expect(
            damage(Array(Golden.rows.dropLast()))?.description == "damaged in event 3, at byte 23: ends early"
        )
    }

    @Test func `a primer that is not given is named`() throws {
        let wanted = try Primer(bytes: Golden.primer).identifier
        #expect(damage(Golden.primedColumns)?.fault == .primerWanted(wanted))
    }

    @Test(arguments: UInt64(0)..<40)
    func `explaining refuses what decoding refuses, and gives the same events`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let primer = try Primer(bytes: Golden.primer)
        for golden in GoldenTests.cases {
            for _ in 0..<60 {
                var batch = golden.batch
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    batch[Int.random(in: 1..<batch.count, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                var decoder = BatchDecoder()
                var decoded = EventBlock()
                var explained = EventBlock()
                var fault: BatchFault?
                do throws(BatchFault) {
                    try decoder.decode(batch.span.bytes, primer: primer, maximumBytes: 50_000, into: &decoded)
                } catch { fault = error }
                do throws(BatchDamage) {
                    let explanation = try decoder.explain(
                        batch.span.bytes,
                        primer: primer,
                        maximumBytes: 50_000,
                        into: &explained
                    )
                    expectSums(explanation, batch.count, "seed \(seed)")
                    #expect(fault == nil, "seed \(seed)")
                } catch { #expect(error.fault == fault, "seed \(seed)") }
                #expect(decoded.bytes == explained.bytes, "seed \(seed)")
            }
        }
    }
}
