// SPDX-License-Identifier: Apache-2.0

/// Base64 with padding (RFC 4648 section 4).
package enum Base64 {
    /// The bytes that `text` stands for; throws when it is not base64.
    package static func decode(_ text: [UInt8]) throws(MalformedLine) -> [UInt8] {
        guard text.count.isMultiple(of: 4) else { throw MalformedLine(at: text.count) }
        var out: [UInt8] = []
        out.reserveCapacity(text.count / 4 * 3)
        var bits: UInt32 = 0
        let digits = text.suffix(2).reduce(text.count) { $1 == UInt8(ascii: "=") ? $0 - 1 : $0 }
        for position in 0..<digits {
            guard let value = value(of: text[position]) else { throw MalformedLine(at: position) }
            bits = bits << 6 | value
            if position % 4 != 0 { out.append(UInt8(truncatingIfNeeded: bits >> (6 - 2 * UInt32(position % 4)))) }
        }
        return out
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit) - 71
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit) + 4
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
