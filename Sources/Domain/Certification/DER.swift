// SPDX-License-Identifier: Apache-2.0

/// Writes values in the distinguished encoding of ASN.1 (X.690 sections 8 and 10): what ``DERReader`` reads.
enum DER {
    static func value(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] { [tag] + length(content.count) + content }

    static func value(_ tag: DERReader.Tag, _ content: [UInt8]) -> [UInt8] { value(tag.rawValue, content) }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] { value(.sequence, parts.flatMap(\.self)) }

    /// A number that is not negative, from its bytes, the most significant first.
    static func integer(_ magnitude: [UInt8]) -> [UInt8] {
        let digits = magnitude.drop { $0 == 0 }
        // The first bit is the sign.
        return value(.integer, (digits.first.map { $0 < 0x80 } ?? false) ? Array(digits) : [0] + digits)
    }

    /// - Parameter unused: bits of the last byte that mean nothing.
    static func bits(_ bytes: [UInt8], unused: UInt8 = 0) -> [UInt8] { value(.bitString, [unused] + bytes) }

    static func text(_ text: String) -> [UInt8] { value(.utf8String, Array(text.utf8)) }

    static func identifier(_ identifier: ObjectIdentifier) -> [UInt8] { value(.objectIdentifier, identifier.bytes) }

    static let yes: [UInt8] = value(.boolean, [0xFF])

    /// X.690 section 10.1: the shortest form.
    private static func length(_ count: Int) -> [UInt8] {
        if count < 0x80 { return [UInt8(count)] }
        var digits: [UInt8] = []
        var rest = count
        while rest > 0 {
            digits.insert(UInt8(rest & 0xFF), at: 0)
            rest >>= 8
        }
        return [0x80 | UInt8(digits.count)] + digits
    }
}
