// SPDX-License-Identifier: Apache-2.0

/// Puts bits behind each other, the first one lowest in its byte.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    /// Bits that do not fill a byte yet, and how many of them there are.
    private var rest: UInt64 = 0
    private var restCount = 0

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        rest = 0
        restCount = 0
    }

    /// Appends the lowest `count` bits of `value`, at most 56; those above must be zero.
    @inline(__always)
    mutating func append(_ value: UInt64, count: Int) {
        rest |= value &<< UInt64(restCount)
        restCount += count
        while restCount >= 8 {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest &>>= 8
            restCount -= 8
        }
    }

    /// Appends up to 64 bits.
    @inline(__always)
    mutating func appendLong(_ value: UInt64, count: Int) {
        guard count > 32 else { return append(value, count: count) }
        append(value & 0xFFFF_FFFF, count: 32)
        append(value >> 32, count: count - 32)
    }

    /// Fills the last byte with zeros.
    mutating func finish() {
        guard restCount > 0 else { return }
        bytes.append(UInt8(truncatingIfNeeded: rest))
        rest = 0
        restCount = 0
    }
}
