// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Demo

@Suite struct JudgeTests {
    /// Publications of one topic, all acknowledged.
    private func record(_ payloads: [String], topic: String = "t") -> (PublishRecord, [PublishRecord.Publication]) {
        var record = PublishRecord()
        let publications = payloads.map { record.publish(topic: topic, payload: Array($0.utf8).span.bytes) }
        for publication in publications { record.acknowledge(publication) }
        return (record, publications)
    }

    private func judge(_ record: PublishRecord, _ payloads: [String], sequences: [UInt64]? = nil) -> Verdict {
        var judge = Judge([record])
        for (index, payload) in payloads.enumerated() {
            let sequence = sequences?[index] ?? UInt64(index + 1)
            judge.take(
                ExportRow(
                    node: "n",
                    epoch: 1,
                    partition: 0,
                    sequence: sequence,
                    topic: "t",
                    payload: Array(payload.utf8)
                )
            )
        }
        return judge.finish()
    }

    @Test func `everything once and in order is clean`() {
        let verdict = judge(record(["a", "b", "c"]).0, ["a", "b", "c"])
        #expect(verdict.isClean)
        #expect(verdict.published == 3 && verdict.acknowledged == 3 && verdict.landed == 3, "\(verdict)")
    }

    @Test func `an acknowledged publication without a row is lost`() {
        let verdict = judge(record(["a", "b", "c"]).0, ["a", "c"])
        #expect(verdict.lost == 1 && verdict.outOfOrder == 0, "\(verdict)")
        #expect(verdict.findings == ["t #1 is lost"])
    }

    @Test func `a publication that was never acknowledged may be missing`() {
        var record = PublishRecord()
        _ = record.publish(topic: "t", payload: Array("a".utf8).span.bytes)
        #expect(judge(record, []).isClean)
    }

    @Test func `an identity that comes twice is a duplicate`() {
        let verdict = judge(record(["a", "b"]).0, ["a", "b", "b"], sequences: [1, 2, 2])
        #expect(verdict.duplicated == 1 && verdict.landed == 2, "\(verdict)")
    }

    @Test func `the same sequence of another epoch is another identity`() {
        let (record, publications) = record(["a"])
        var twice = record
        twice.resend(publications[0])
        var judge = Judge([twice])
        for epoch in UInt64(1)...2 {
            judge.take(
                ExportRow(node: "n", epoch: epoch, partition: 0, sequence: 1, topic: "t", payload: Array("a".utf8))
            )
        }
        #expect(judge.finish().isClean)
    }

    @Test func `a row that no send explains is a duplicate`() {
        let verdict = judge(record(["a", "b"]).0, ["a", "a", "b"])
        #expect(verdict.duplicated == 1, "\(verdict)")
    }

    @Test func `a device's own re-send is counted as that`() {
        var (record, publications) = record(["a", "b", "c"])
        record.resend(publications[0])
        record.resend(publications[1])
        let verdict = judge(record, ["a", "b", "a", "b", "c"])
        #expect(verdict.isClean, "\(verdict)")
        #expect(verdict.resentByDevices == 2 && verdict.landed == 5)
    }

    @Test func `first occurrences out of turn are out of order`() {
        let verdict = judge(record(["a", "b", "c"]).0, ["a", "c", "b"])
        #expect(verdict.outOfOrder == 1 && verdict.lost == 0, "\(verdict)")
    }

    @Test func `a changed payload is foreign, and the original is lost`() {
        let verdict = judge(record(["a", "b"]).0, ["a", "B"])
        #expect(verdict.foreign == 1 && verdict.lost == 1, "\(verdict)")
    }

    @Test func `a topic that repeats its payloads is judged by their number`() {
        let (record, _) = record(["on", "off", "on", "off", "on"])
        #expect(judge(record, ["on", "off", "on", "off", "on"]).isClean)
        let verdict = judge(record, ["on", "off", "on", "off"])
        #expect(verdict.lost == 1 && verdict.outOfOrder == 0, "\(verdict)")
    }

    @Test func `a re-send in a topic that repeats its payloads is not taken for a later one`() {
        var (record, publications) = record(["on", "off", "on", "off"])
        record.resend(publications[0])
        record.resend(publications[1])
        // The re-sends of 0 and 1 look like 2 and 3: what follows is then a re-send, and nothing is wrong.
        let verdict = judge(record, ["on", "off", "on", "off", "on", "off"])
        #expect(verdict.isClean, "\(verdict)")
    }

    @Test(arguments: UInt64(0)..<20)
    func `random crashes with re-sends from the first unacknowledged are clean`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var record = PublishRecord()
        var rows: [String] = []
        var waiting: [(PublishRecord.Publication, String)] = []
        for number in 0..<200 {
            let payload = "\(number)"
            waiting.append((record.publish(topic: "t", payload: Array(payload.utf8).span.bytes), payload))
            rows.append(payload)
            guard Int.random(in: 0..<10, using: &generator) == 0 else { continue }
            // A crash: some of the window was stored, its acknowledgements are lost, all of it is sent again.
            rows.removeLast(Int.random(in: 0...waiting.count, using: &generator))
            for (publication, payload) in waiting {
                record.resend(publication)
                rows.append(payload)
            }
            for (publication, _) in waiting { record.acknowledge(publication) }
            waiting = []
        }
        for (publication, _) in waiting { record.acknowledge(publication) }
        let verdict = judge(record, rows)
        #expect(verdict.isClean, "seed \(seed): \(verdict)")
        #expect(verdict.landed == rows.count)
    }
}
