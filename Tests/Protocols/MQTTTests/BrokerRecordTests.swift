// SPDX-License-Identifier: Apache-2.0

import MQTT
import TestSupport
import Testing

@Suite struct BrokerRecordTests {
    private static let message = KeptMessage(
        timestamp: 0x0102_0304_0506_0708,
        topicLength: 3,
        attributesLength: 1,
        bytes: Array("a/b".utf8) + [2] + Array("hi".utf8)
    )
    /// What programs have written: a change that breaks one of these is a new format of the store.
    static let golden: [(record: BrokerRecord, hex: String)] = [
        (.session(clientID: "dev", user: "ann", expiry: 3600, will: nil), "0100000e1000036465760003616e6e"),
        (
            .session(clientID: "d", user: "", expiry: 1, will: KeptWill(delay: 5, message: message)),
            "010000000100016400000000000501020304050607080003000000016" + "12f62026869"
        ),
        (
            .subscription(
                session: 9,
                Grant(
                    filter: "$share/g/a/#",
                    qualityOfService: .exactlyOnce,
                    noLocal: true,
                    retainAsPublished: true,
                    identifier: 300
                )
            ),
            "0200000000000000090e0000012c2473686172652f672f612f23"
        ),
        (.received(session: 9, packetID: 0x0102), "0300000000000000090102"),
        (
            .message(
                session: 9,
                QueuedMessage(
                    packetID: 7,
                    qualityOfService: .atLeastOnce,
                    retain: true,
                    identifiers: [1, 2],
                    message: message
                )
            ),
            "0400000000000000090007050200000001000000020102030405060708000300000001612f62026869"
        ),
        (.released(session: 9, packetID: 7), "0500000000000000090007"),
        (
            .message(
                session: 9,
                QueuedMessage(
                    packetID: 7,
                    qualityOfService: .exactlyOnce,
                    retain: false,
                    isUnsent: true,
                    identifiers: [],
                    message: message
                )
            ),
            "04000000000000000900070a0001020304050607080003000000" + "01612f62026869"
        ),
        (.returned(session: 9), "070000000000000009"),
        (.retained(message), "060102030405060708000300000001612f62026869"),
    ]

    @Test func `records are written as they always were, and read again`() {
        for (record, hex) in Self.golden {
            let bytes = record.encoded()
            #expect(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() == hex)
            #expect(BrokerRecord(bytes) == record)
        }
    }

    @Test func `bytes that are no record give none, and nothing worse`() {
        let seed: UInt64 = 11
        var generator = SeededGenerator(seed: seed)
        #expect(BrokerRecord([]) == nil)
        for (record, _) in Self.golden {
            let bytes = record.encoded()
            for _ in 0..<2_000 {
                var damaged = bytes
                damaged[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
                damaged.removeLast(Int.random(in: 0...2, using: &generator))
                // What is read at all is written as the same bytes.
                if let read = BrokerRecord(damaged) { #expect(read.encoded() == damaged, "seed \(seed)") }
            }
        }
    }
}
