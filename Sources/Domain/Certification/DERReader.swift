// SPDX-License-Identifier: Apache-2.0

/// Walks through values in the distinguished encoding of ASN.1 (X.690 section 8.1), as certificates are written.
package struct DERReader {
    package enum Tag: Equatable {
        case boolean, integer, bitString, octetString, objectIdentifier, utf8String, sequence, set
        /// Constructed, of a meaning that the place gives it.
        case context(UInt8)

        package var rawValue: UInt8 {
            switch self {
            case .boolean: 0x01
            case .integer: 0x02
            case .bitString: 0x03
            case .octetString: 0x04
            case .objectIdentifier: 0x06
            case .utf8String: 0x0C
            case .sequence: 0x30
            case .set: 0x31
            case .context(let number): 0xA0 | number
            }
        }
    }

    package private(set) var bytes: ArraySlice<UInt8>

    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
    }

    /// The next value; nil at the end, and where the bytes are no DER.
    package mutating func next() -> (tag: UInt8, content: ArraySlice<UInt8>)? {
        var rest = bytes
        guard let tag = rest.popFirst(), tag & 0x1F != 0x1F, let first = rest.popFirst() else { return nil }
        var length = Int(first)
        if first >= 0x80 {
            let count = Int(first & 0x7F)
            guard (1...4).contains(count), rest.count >= count else { return nil }
            length = rest.prefix(count).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(count)
        }
        guard rest.count >= length else { return nil }
        bytes = rest.dropFirst(length)
        return (tag, rest.prefix(length))
    }

    /// What is inside the next value; nil, and nothing is passed over, when that is of another kind.
    package mutating func enter(_ tag: Tag) -> DERReader? {
        guard bytes.first == tag.rawValue, let value = next() else { return nil }
        return DERReader(value.content)
    }

    /// All of the next value, with what says its kind and length; nil, and nothing is passed over, when it is of
    /// another kind.
    package mutating func whole(_ tag: Tag) -> ArraySlice<UInt8>? {
        let start = bytes
        guard bytes.first == tag.rawValue, next() != nil else { return nil }
        return start[..<bytes.startIndex]
    }
}
