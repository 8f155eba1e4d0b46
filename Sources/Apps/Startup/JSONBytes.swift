// SPDX-License-Identifier: Apache-2.0

/// Writes JSON (RFC 8259) into a buffer that is used again: for millions of events.
package struct JSONBytes {
    private static let hex = Array("0123456789abcdef".utf8)
    /// RFC 4648 section 4.
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package private(set) var bytes: [UInt8] = []

    package init(reserving capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    package var count: Int { bytes.count }

    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
    }

    /// Bytes that are JSON already.
    package mutating func append(_ json: [UInt8]) {
        bytes.append(contentsOf: json)
    }

    package mutating func append(_ json: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: json.utf8Start, count: json.utf8CodeUnitCount))
    }

    package mutating func append(_ number: some BinaryInteger) {
        guard number > 0 else {
            if number == 0 { return bytes.append(0x30) }
            bytes.append(0x2D)
            return append(UInt64(number.magnitude))
        }
        let start = bytes.count
        var rest = UInt64(number)
        while rest > 0 {
            let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
            bytes.append(0x30 + UInt8(digit))
            rest = quotient
        }
        bytes[start...].reverse()
    }

    /// A string in quotes; the bytes are valid UTF-8.
    package mutating func appendString(_ text: UnsafeRawBufferPointer) {
        bytes.append(0x22)
        var written = 0
        for index in text.indices {
            let byte = text[index]
            guard byte < 0x20 || byte == 0x22 || byte == 0x5C else { continue }
            bytes.append(contentsOf: text[written..<index])
            appendEscape(of: byte)
            written = index + 1
        }
        bytes.append(contentsOf: text[written...])
        bytes.append(0x22)
    }

    /// RFC 8259 section 7.
    private mutating func appendEscape(of byte: UInt8) {
        bytes.append(0x5C)
        switch byte {
        case 0x22, 0x5C: bytes.append(byte)
        case 0x0A: bytes.append(0x6E)
        case 0x0D: bytes.append(0x72)
        case 0x09: bytes.append(0x74)
        default:
            append("u00")
            bytes.append(Self.hex[Int(byte >> 4)])
            bytes.append(Self.hex[Int(byte & 15)])
        }
    }

    /// Base64 with padding, in quotes.
    package mutating func appendBase64(_ data: UnsafeRawBufferPointer) {
        bytes.append(0x22)
        var index = 0
        while index < data.count {
            let left = data.count - index
            let first = UInt32(data[index]) << 16
            let second = left > 1 ? UInt32(data[index + 1]) << 8 : 0
            let third = left > 2 ? UInt32(data[index + 2]) : 0
            let group = first | second | third
            bytes.append(Self.alphabet[Int(group >> 18)])
            bytes.append(Self.alphabet[Int(group >> 12 & 63)])
            bytes.append(left > 1 ? Self.alphabet[Int(group >> 6 & 63)] : 0x3D)
            bytes.append(left > 2 ? Self.alphabet[Int(group & 63)] : 0x3D)
            index += 3
        }
        bytes.append(0x22)
    }

    /// Whether the bytes are UTF-8, which is what JSON strings hold (RFC 8259 section 8.1).
    package static func isText(_ data: UnsafeRawBufferPointer) -> Bool {
        if data.allSatisfy({ $0 < 0x80 }) { return true }
        return String(validating: data, as: UTF8.self) != nil
    }
}
