// SPDX-License-Identifier: Apache-2.0

/// Integers in one to nine bytes: seven bits a byte, least significant first; a ninth byte carries eight.
///
/// Every bit pattern of at most nine bytes is a number, so reading has one failure only: the end.
enum Varint {
    static let maximumLength = 9

    /// Writes without a check: the caller has made room for ``maximumLength`` bytes.
    @inline(__always)
    static func write(_ value: UInt64, to target: UnsafeMutableBufferPointer<UInt8>, at position: inout Int) {
        var rest = value
        let end = position + maximumLength - 1
        while rest >= 0x80, position < end {
            target[position] = UInt8(truncatingIfNeeded: rest) | 0x80
            position += 1
            rest >>= 7
        }
        target[position] = UInt8(truncatingIfNeeded: rest)
        position += 1
    }

    static func append(_ value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        for _ in 1..<maximumLength where rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    static func length(_ value: UInt64) -> Int {
        min((max(64 - value.leadingZeroBitCount, 1) + 6) / 7, maximumLength)
    }

    /// Small numbers of either sign become small numbers.
    @inline(__always)
    static func zigzag(_ value: Int64) -> UInt64 {
        UInt64(bitPattern: (value &<< 1) ^ (value &>> 63))
    }

    @inline(__always)
    static func unzigzag(_ value: UInt64) -> Int64 {
        Int64(bitPattern: (value &>> 1) ^ (0 &- (value & 1)))
    }
}
