// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The fields that frames are made of.
extension ByteBuffer {
    /// Appends an unsigned LEB128 varint: seven bits per byte, least significant first.
    mutating func writeVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        writeInteger(UInt8(truncatingIfNeeded: rest))
    }

    /// Bytes of a varint.
    static func varintLength(_ value: UInt64) -> Int {
        max(1, (64 - value.leadingZeroBitCount + 6) / 7)
    }

    mutating func writeVarint(_ value: UInt32) {
        writeVarint(UInt64(value))
    }

    /// A varint length and that many bytes of UTF-8; cut at a character where it is longer than a text may be.
    mutating func writeText(_ text: String) {
        var text = text
        while text.utf8.count > FrameLimits.textBytes { text.removeLast() }
        writeVarint(UInt64(text.utf8.count))
        writeString(text)
    }

    /// Only the shortest encoding of a number is taken, so that a frame has one encoding.
    mutating func readVarint(_ name: StaticString) throws(FrameFault) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while let byte = readInteger(as: UInt8.self) {
            let bits = UInt64(byte & 0x7F)
            guard shift < 63 || bits <= 1 else { throw .malformed("\(name) does not fit 64 bits") }
            value |= bits << shift
            if byte & 0x80 == 0 {
                guard bits != 0 || shift == 0 else { throw .malformed("\(name) is padded") }
                return value
            }
            shift += 7
            guard shift <= 63 else { throw .malformed("\(name) does not fit 64 bits") }
        }
        throw .malformed("ends within \(name)")
    }

    mutating func readVarint32(_ name: StaticString) throws(FrameFault) -> UInt32 {
        guard let value = UInt32(exactly: try readVarint(name)) else {
            throw .malformed("\(name) does not fit 32 bits")
        }
        return value
    }

    mutating func readByte(_ name: StaticString) throws(FrameFault) -> UInt8 {
        guard let byte = readInteger(as: UInt8.self) else { throw .malformed("ends within \(name)") }
        return byte
    }

    /// One byte that is 0 or 1.
    mutating func readFlag(_ name: StaticString) throws(FrameFault) -> Bool {
        switch try readByte(name) {
        case 0: return false
        case 1: return true
        case let other: throw .malformed("\(name) is \(other)")
        }
    }

    /// First sequence and how many more; sequences begin at 1.
    mutating func readRange() throws(FrameFault) -> ClosedRange<UInt64> {
        let first = try readVarint("first")
        let last = first.addingReportingOverflow(try readVarint("length"))
        guard first > 0, !last.overflow else { throw .malformed("a range of sequences that cannot be") }
        return first...last.partialValue
    }

    mutating func readFixed64(_ name: StaticString) throws(FrameFault) -> UInt64 {
        guard let value = readInteger(as: UInt64.self) else { throw .malformed("ends within \(name)") }
        return value
    }

    mutating func readFixed(_ length: Int, _ name: StaticString) throws(FrameFault) -> [UInt8] {
        guard let bytes = readBytes(length: length) else { throw .malformed("ends within \(name)") }
        return bytes
    }

    /// A count of things of at least `minimumBytes` each: refused when it is above `limit` or more than the rest holds.
    mutating func readCount(
        _ name: StaticString,
        limit: Int,
        minimumBytes: Int
    ) throws(FrameFault) -> Int {
        let count = try readVarint(name)
        guard count <= UInt64(limit) else { throw .tooLarge("\(name) is \(count), at most \(limit) are taken") }
        guard Int(count) <= readableBytes / minimumBytes else { throw .malformed("ends within \(name)") }
        return Int(count)
    }

    mutating func readText(_ name: StaticString) throws(FrameFault) -> String {
        let length = try readCount(name, limit: FrameLimits.textBytes, minimumBytes: 1)
        guard let bytes = readSlice(length: length) else { throw .malformed("ends within \(name)") }
        guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
            throw .malformed("\(name) is not UTF-8")
        }
        return text
    }

    /// A count and that many identifiers of eight bytes.
    mutating func writeIdentifiers(_ identifiers: some Collection<UInt64>) {
        writeVarint(UInt64(identifiers.count))
        for identifier in identifiers { writeInteger(identifier) }
    }

    mutating func readIdentifiers(_ name: StaticString, limit: Int) throws(FrameFault) -> [UInt64] {
        let count = try readCount(name, limit: limit, minimumBytes: 8)
        var identifiers: [UInt64] = []
        for _ in 0..<count { identifiers.append(try readFixed64(name)) }
        return identifiers
    }

    /// All that is left.
    mutating func readRest() -> [UInt8] {
        readBytes(length: readableBytes) ?? []
    }
}
