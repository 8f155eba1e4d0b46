// SPDX-License-Identifier: Apache-2.0

/// The bytes of one slot so far, as a context for those that follow.
struct ByteFrame {
    /// Bytes that name the sender of a long slot: what comes behind them is rarely twice the same.
    private static let nameLength = 7

    /// Bits of each.
    let width: UInt8
    private(set) var context: UInt32 = 0
    /// Whether the last one was as expected.
    private(set) var isExpected = true
    private var count = 0

    init(width: UInt8) {
        self.width = width
    }

    @inline(__always)
    mutating func append(_ value: UInt8, guess: UInt8) {
        isExpected = value == guess
        count += 1
        guard count <= Self.nameLength else { return }
        context = (context &+ UInt32(value) &+ 1) &* 0x9E37_79B1
    }

    /// How far a value is from the one expected, in either direction.
    @inline(__always)
    func code(_ value: UInt8, guess: UInt8) -> UInt64 {
        let shift = 8 - width
        return Varint.zigzag(Int64(Int8(bitPattern: (value &- guess) &<< shift) &>> Int8(shift)))
    }

    @inline(__always)
    func value(_ code: UInt64, guess: UInt8) throws(BatchFault) -> UInt8 {
        guard code >> width == 0 else { throw .malformed("byte beyond its bits") }
        let miss = UInt8(truncatingIfNeeded: Varint.unzigzag(code))
        return (guess &+ miss) & (0xFF &>> (8 - width))
    }
}
