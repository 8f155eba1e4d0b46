// SPDX-License-Identifier: Apache-2.0

import Events
import TestSupport
import Testing

@Suite struct EventAttributesTests {
    @Test func `a plain QoS 1 event has no attributes`() throws {
        #expect(EventAttributes().encoded().isEmpty)
        #expect(try EventAttributes(decoding: []) == EventAttributes())
    }

    @Test func `the layout is the documented one`() throws {
        var attributes = EventAttributes()
        attributes.qualityOfService = 0
        attributes.retain = true
        attributes.expiry = 258
        attributes.payloadFormat = 1
        attributes.contentType = "a"
        attributes.responseTopic = "b/c"
        attributes.correlationData = [0xFF]
        attributes.userProperties = [.init(name: "k", value: ""), .init(name: "k", value: "v")]
        let expected: [UInt8] =
            [1, 0, 2, 3, 0, 0, 1, 2, 4, 1, 5, 0, 1, 0x61, 6, 0, 3, 0x62, 0x2F, 0x63, 7, 0, 1, 0xFF]
            + [8, 0, 1, 0x6B, 0, 0, 8, 0, 1, 0x6B, 0, 1, 0x76]
        #expect(attributes.encoded() == expected)
        #expect(try EventAttributes(decoding: expected) == attributes)
    }

    @Test(arguments: UInt64(0)..<100)
    func `random attributes come back, and no prefix or damage crashes`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        func text() -> String { String(repeating: "é", count: .random(in: 0...4, using: &generator)) }
        var attributes = EventAttributes()
        attributes.qualityOfService = .random(in: 0...2, using: &generator)
        attributes.retain = .random(using: &generator)
        if Bool.random(using: &generator) { attributes.expiry = .random(in: 0 ... .max, using: &generator) }
        if Bool.random(using: &generator) { attributes.contentType = text() }
        if Bool.random(using: &generator) { attributes.correlationData = Array(text().utf8) }
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            attributes.userProperties.append(.init(name: text(), value: text()))
        }
        let encoded = attributes.encoded()
        #expect(try EventAttributes(decoding: encoded) == attributes, "seed \(seed)")
        for length in 0..<encoded.count { _ = try? EventAttributes(decoding: encoded.prefix(length)) }
        for place in encoded.indices {
            var damaged = encoded
            damaged[place] = .random(in: 0...255, using: &generator)
            _ = try? EventAttributes(decoding: damaged)
        }
    }

    @Test(
        arguments: [[0], [9], [1], [3, 0, 0, 0], [5, 0, 2, 0x61], [5, 0, 1, 0xFF], [2, 2], [4, 1, 2], [8, 0, 0]]
            as [[UInt8]]
    )
    func `what is not an encoding is refused`(bytes: [UInt8]) {
        #expect(throws: EventAttributes.Malformed()) { try EventAttributes(decoding: bytes) }
    }
}
