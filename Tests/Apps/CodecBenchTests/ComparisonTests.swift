// SPDX-License-Identifier: Apache-2.0

import Events
import Testing

@testable import CodecBench

@Suite struct ComparisonTests {
    private func block(_ payloads: [String], topic: String = "t", time: Int64 = 5, first: UInt64 = 1) -> EventBlock {
        var block = EventBlock()
        for (index, payload) in payloads.enumerated() {
            block.append(
                sequence: first + UInt64(index),
                timestamp: time,
                topic: topic,
                payload: Array(payload.utf8)
            )
        }
        return block
    }

    /// Events 41 to 43 of a recording went in; the last two are looked at.
    private func fault(_ decoded: EventBlock) -> BenchFault? {
        let comparison = Comparison(recording: "pump", first: 40, events: block(["a", "b", "c"], first: 0))
        do throws(BenchFault) {
            try comparison.check(decoded, 1..<3)
            return nil
        } catch {
            return error
        }
    }

    private func mismatch(_ event: Int, _ why: String) -> BenchFault {
        .mismatch(codec: "Sluice", recording: "pump", event: event, why: why)
    }

    @Test func `the same events are no fault`() {
        #expect(fault(block(["b", "c"])) == nil)
    }

    @Test func `whatever differs is named with its event`() {
        #expect(fault(block(["b", "x"])) == mismatch(43, "another payload"))
        #expect(fault(block(["b", "c"], topic: "u")) == mismatch(42, "another topic"))
        #expect(fault(block(["b", "c"], time: 6)) == mismatch(42, "time 6 instead of 5"))
        #expect(fault(block(["b", "c"], first: 9)) == mismatch(42, "sequence 9 instead of 1"))
        #expect(fault(block(["b"])) == mismatch(43, "it is missing"))
        #expect(fault(block(["b", "c", "d"])) == mismatch(43, "1 events too many follow it"))
    }

    @Test func `a fault tells the event and the recording`() {
        let text = mismatch(43, "another payload").description
        #expect(text == "pump, event 43: Sluice did not give it back byte for byte: another payload")
    }
}
