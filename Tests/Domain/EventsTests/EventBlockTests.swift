// SPDX-License-Identifier: Apache-2.0

import Events
import Testing

@Suite struct EventBlockTests {
    @Test func `both ways of adding an event lay it out the same`() {
        var parts = EventBlock()
        parts.append(sequence: 4, timestamp: -1, eventClass: .bulk, topic: "a/b", attributes: [2], payload: [0xFF, 0])
        var whole = EventBlock()
        let all: [UInt8] = [0x61, 0x2F, 0x62, 2, 0xFF, 0]
        whole.append(
            sequence: 4,
            timestamp: -1,
            eventClass: .bulk,
            topicLength: 3,
            attributesLength: 1,
            all: all.span.bytes
        )
        for block in [parts, whole] {
            #expect(block.bytes == all)
            #expect(block.topic(at: 0) == "a/b")
            #expect(Array(block.attributes(at: 0)) == [2])
            #expect(Array(block.payload(at: 0)) == [0xFF, 0])
            #expect(block.records[0].sequence == 4)
            #expect(block.records[0].timestamp == -1)
            #expect(block.records[0].eventClass == .bulk)
        }
    }

    @Test func `events lie one after the other, and empty parts are empty`() {
        var block = EventBlock()
        block.append(timestamp: 0, topic: "t", payload: [])
        block.append(timestamp: 1, topic: "u", payload: [1])
        block.assign(sequence: 9, eventClass: .alarm, at: 1)
        #expect(block.payload(at: 0).isEmpty)
        #expect(block.records[1].all == 1..<3)
        #expect(block.records[1].sequence == 9)
        #expect(block.records[1].eventClass == .alarm)
        block.removeAll()
        #expect(block.isEmpty)
        #expect(block.byteCount == 0)
    }
}
