// SPDX-License-Identifier: Apache-2.0

/// A checked cursor over a part of a buffer that somebody else owns.
struct ByteReader {
    let bytes: UnsafeBufferPointer<UInt8>
    private(set) var position: Int
    let end: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.init(bytes, from: 0, to: bytes.count)
    }

    init(_ bytes: UnsafeBufferPointer<UInt8>, from position: Int, to end: Int) {
        precondition(position >= 0 && position <= end && end <= bytes.count)
        self.bytes = bytes
        self.position = position
        self.end = end
    }

    var remaining: Int { end - position }

    @inline(__always)
    mutating func byte() throws(BatchFault) -> UInt8 {
        guard position < end else { throw .malformed("ends early") }
        defer { position += 1 }
        return bytes[position]
    }

    @inline(__always)
    mutating func varint() throws(BatchFault) -> UInt64 {
        let first = try byte()
        return first < 0x80 ? UInt64(first) : try longVarint(UInt64(first & 0x7F))
    }

    private mutating func longVarint(_ low: UInt64) throws(BatchFault) -> UInt64 {
        var value = low
        var shift: UInt64 = 7
        while shift < 56 {
            let next = try byte()
            value |= UInt64(next & 0x7F) &<< shift
            if next < 0x80 { return value }
            shift += 7
        }
        return value | UInt64(try byte()) &<< 56
    }

    /// A length or count that must not pass `limit`.
    mutating func count(upTo limit: Int) throws(BatchFault) -> Int {
        let value = try varint()
        guard value <= UInt64(max(limit, 0)) else { throw .malformed("length beyond its bounds") }
        return Int(value)
    }

    /// The next `count` bytes.
    @inline(__always)
    mutating func slice(_ count: Int) throws(BatchFault) -> UnsafeBufferPointer<UInt8> {
        guard count >= 0, count <= remaining else { throw .malformed("ends early") }
        defer { position += count }
        return UnsafeBufferPointer(rebasing: bytes[position..<position + count])
    }
}
