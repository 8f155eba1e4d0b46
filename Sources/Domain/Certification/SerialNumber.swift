// SPDX-License-Identifier: Apache-2.0

/// What tells one certificate of an authority from another (RFC 5280 section 4.1.2.2).
package struct SerialNumber: Sendable, Hashable, CustomStringConvertible {
    /// The most significant first, at most 20, without leading zeros.
    package let bytes: [UInt8]

    /// 126 bits of somebody's choice, with a first byte that is neither zero nor a sign.
    package init(_ high: UInt64, _ low: UInt64) {
        let first = high & 0x3FFF_FFFF_FFFF_FFFF | 0x4000_0000_0000_0000
        bytes = [first, low].flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } }
    }

    /// Nil for more than 20 bytes, none, or a number below zero.
    package init?(_ content: some Sequence<UInt8>) {
        let content = Array(content)
        guard let first = content.first, first < 0x80, content.count <= 20 else { return nil }
        bytes = Array(content.drop { $0 == 0 })
    }

    /// That of anybody's certificate; nil for what is none.
    package init?(ofCertificate certificate: [UInt8]) {
        var outer = DERReader(certificate[...])
        guard var whole = outer.enter(.sequence), var signed = whole.enter(.sequence) else { return nil }
        _ = signed.enter(.context(0))
        guard let serial = signed.enter(.integer) else { return nil }
        self.init(serial.bytes)
    }

    /// Reads what `description` writes; nil for anything else.
    package init?(text: some StringProtocol) {
        guard text.utf8.count % 2 == 0, text.utf8.count <= 40 else { return nil }
        var rest = text[...]
        var bytes: [UInt8] = []
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        self.init(bytes)
        guard description == text else { return nil }
    }

    /// Digits of base 16, lower case, two for each byte.
    package var description: String { Hexadecimal.text(bytes) }
}
