// SPDX-License-Identifier: Apache-2.0

import Events
import TestSupport

/// Makes events that look like those of devices, and events that do not.
struct RandomEvents {
    var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// Payloads that a model of text and numbers could print differently.
    static let awkward: [[UInt8]] =
        [
            "", " ", "-", ".", "-.", "0", "-0", "00", "-00", "0.0", "-0.0", "0.10", "1.", ".5", "-.5", "1e400", "1E-5",
            "1e", "1e+", "00012", "+5", "--5", "5-5", "1-1", "9007199254740993", "9223372036854775807",
            "9223372036854775808", "-9223372036854775808", "99999999999999999999", "0.1234567890", "0.12345678901",
            "0.13399999999999998", "NaN", "Infinity", "null", "1.2.3", "10.0.0.1", "1,5", "0x", "0x1F", "0xfg", "12ms",
            "3.3V", "1i", "2024-02-29T12:00:00Z", "2023-02-29T12:00:00Z", "2024-01-01T24:00:00", "2024-01-01 00:00:00",
            "2024-01-01T00:00:00.123456789Z", "2024-01-01T00:00:00.123Z", "2024-01-01T00:00:00.12",
            "0000-01-01T00:00:00", "9999-12-31T23:59:59.999999", "2024-13-01T00:00:00", "x2024-01-01T00:00:00",
            "2024-01-01T00:00:00.", "2024-01-01T00:00:00.123", "2024-01-01T00:00:00.1234", "DEADBEEF", "\"DEADBEEF\"",
            "\"DeadBeef\"", "\"ff\"", "\"0\"", "\"01\"", "\"012\"", "{\"a\":[1,-2,3.50,-4e5,\"6\"]}", "a1b2_c3",
            "\u{0}", "\u{1F600}12", "\u{FFFF}", "a/b", "b", "[[[[[[[[[[1]]]]]]]]]]", "1 2 3 4 5", "-1-1-1", "_1", "1_",
            "e5", "-e5", "5e5e5", "1.5.", "1..5", "007.5", "1.50e3", "\t1\r\n2",
            "21.700000762939453", "-21.700000762939453", "0.30000000000000004", "94.79799999999999",
            "0.30000001192092896",
            "123456789012.34567", "0.1000000000000000055511151231257827", "1.7976931348623157e308", "100",
            "1000000000000",
            "!AIVDM,1,1,,A,13RlIW?04F1beOVEFLB9bRvH0L0L,0*6C", "!AIVDM,1,1,,A,13RlIW?04F1beOVEFLB9bRvH0L0L,0*6D",
            "!AIVDM,1,1,,B,,0*25", "!*00", "!A*41", "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47",
            "$*00", "*00", "!AIVDM,1,1,,A,xyz,0*6C", "(1673480000.391600) can0 109#000100FFFFFF0F3D", "109#00", "#1#",
        ].map { Array($0.utf8) } + [
            [0xFF], [0xF8], [0xF8, 0xF9, 0xFF, 0x31, 0x32], [0x80, 0x31], [0xC3, 0x28], [0, 0, 0], [0x31, 0xFF, 0x2E],
            [UInt8](repeating: 0xFF, count: 64), [UInt8](repeating: 0, count: 65), [UInt8](repeating: 0x31, count: 700),
            Array(String(repeating: "1,", count: 400).utf8), Array(String(repeating: "[", count: 900).utf8),
        ]

    mutating func block(count: Int) -> EventBlock {
        var block = EventBlock()
        var time: Int64 = 1_700_000_000_000
        let topics = Int.random(in: 1...12, using: &generator)
        let first = UInt64.random(in: 1...1 << 40, using: &generator)
        for index in 0..<count {
            time += Int64.random(in: -5...2_000, using: &generator)
            let topic = Int.random(in: 0..<topics, using: &generator)
            let hasAttributes = Int.random(in: 0..<8, using: &generator) == 0
            block.append(
                sequence: first + UInt64(index),
                timestamp: time,
                topic: topic == 11 ? "" : "site/\(topic)/dev\(topic)",
                attributes: hasAttributes ? noise(upTo: 9) : [],
                payload: payload(topic, time)
            )
        }
        return block
    }

    private mutating func payload(_ topic: Int, _ time: Int64) -> [UInt8] {
        switch Int.random(in: 0..<40, using: &generator) {
        case 0: Self.awkward.randomElement(using: &generator) ?? []
        case 1: noise(upTo: 90)
        case 2: mutated(shaped(topic, time))
        default: shaped(topic, time)
        }
    }

    private mutating func noise(upTo count: Int) -> [UInt8] {
        (0..<Int.random(in: 0...count, using: &generator)).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    private mutating func mutated(_ payload: [UInt8]) -> [UInt8] {
        var payload = payload
        guard let place = payload.indices.randomElement(using: &generator) else { return payload }
        payload[place] = UInt8.random(in: 0...255, using: &generator)
        return payload
    }

    private mutating func number() -> String {
        let mantissa = Int64.random(in: -99_999...99_999, using: &generator)
        let fraction = String(UInt64.random(in: 0...9_999_999, using: &generator))
            .prefix(Int.random(in: 0...7, using: &generator))
        return fraction.isEmpty ? "\(mantissa)" : "\(mantissa).\(fraction)"
    }

    private mutating func shaped(_ topic: Int, _ time: Int64) -> [UInt8] {
        let text =
            switch topic % 6 {
            case 0: "{\"ts\":\(time),\"v\":\(number()),\"id\":\"dev\(topic)\"}"
            case 1: "{\"a\":\(number()),\"b\":[\(number()),\(number())],\"s\":\"on\(topic)\"}"
            case 2: "m,x=y\(topic) a=\(number()),n=\(Int.random(in: 0...9, using: &generator))i \(time)000000"
            case 3: "\(number())"
            case 5 where topic == 11:
                "{\"sensor\":\"s\(Int.random(in: 0...3, using: &generator))\",\"f\":\(Double(Float(number()) ?? 0)),\"n\":\(Int.random(in: -9...9, using: &generator) * 100)}"
            case 4:
                "{\"id\":\"0x\(topic)1\",\"d\":\"\((0..<8).map { _ in Int.random(in: 0...1, using: &generator) == 0 ? "0F" : "A1" }.joined())\",\"h\":\"\(String(UInt32.random(in: 0x1000_0000 ... .max, using: &generator), radix: 16))\"}"
            default: "{\"f\":\(Double(Int.random(in: 0...999, using: &generator)) / 7)}"
            }
        return topic == 9 ? noise(upTo: 8) : Array(text.utf8)
    }
}
