// SPDX-License-Identifier: Apache-2.0

/// A checked cursor over bits, the first one lowest in its byte.
struct BitReader {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0
    private var rest: UInt64 = 0
    private var restCount = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    /// Whether nothing but the zeros that fill the last byte is left.
    var isUsedUp: Bool { position == bytes.count && restCount < 8 && rest == 0 }

    /// Bits that were read.
    var consumed: Int { position * 8 - restCount }

    /// The next `count` bits, at most 56.
    @inline(__always)
    mutating func bits(_ count: Int) throws(BatchFault) -> UInt64 {
        while restCount < count {
            guard position < bytes.count else { throw .malformed("bits end early") }
            rest |= UInt64(bytes[position]) &<< UInt64(restCount)
            position += 1
            restCount += 8
        }
        let value = rest & ((1 &<< UInt64(count)) &- 1)
        rest &>>= UInt64(count)
        restCount -= count
        return value
    }

    /// The next `count` bits, at most 64.
    @inline(__always)
    mutating func longBits(_ count: Int) throws(BatchFault) -> UInt64 {
        guard count > 32 else { return try bits(count) }
        let low = try bits(32)
        return low | (try bits(count - 32)) << 32
    }

    /// How many ones come before the next zero, which is taken too; stops after `limit` ones.
    @inline(__always)
    mutating func ones(upTo limit: Int) throws(BatchFault) -> Int {
        var count = 0
        while count < limit, try bits(1) == 1 { count += 1 }
        return count
    }
}
