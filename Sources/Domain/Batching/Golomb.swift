// SPDX-License-Identifier: Apache-2.0

/// Golomb-Rice codes with a steep end for outliers.
///
/// They are those of S. W. Golomb (Run-length encodings, 1966) and R. F. Rice (1979): a number is the ones of its
/// quotient by 2^order, a zero, and the `order` bits of its remainder. From six ones on there follow, as in an Elias gamma
/// code, how many bits the number has beyond the fewest it could have, and all but the first of its bits: a surprise costs
/// two bits each time it doubles.
enum Golomb {
    private static let steepFrom = 6
    static let maximumOrder = 40

    @inline(__always)
    static func append(_ value: UInt64, order: Int, to bits: inout BitWriter) {
        let quotient = value >> UInt64(order)
        guard quotient >= UInt64(steepFrom) else {
            bits.append((1 &<< quotient) &- 1, count: Int(quotient) + 1)
            bits.append(value & ((1 &<< UInt64(order)) &- 1), count: order)
            return
        }
        let length = 64 - value.leadingZeroBitCount
        let surplus = length - order - 3
        bits.append((1 &<< UInt64(steepFrom)) &- 1, count: steepFrom)
        bits.appendLong((1 &<< UInt64(surplus)) &- 1, count: surplus)
        bits.append(0, count: 1)
        bits.appendLong(value & ((1 &<< UInt64(length - 1)) &- 1), count: length - 1)
    }

    /// How many bits ``append(_:order:to:)`` writes.
    @inline(__always)
    static func length(_ value: UInt64, order: Int) -> Int {
        let quotient = value >> UInt64(order)
        guard quotient >= UInt64(steepFrom) else { return Int(quotient) + 1 + order }
        let length = 64 - value.leadingZeroBitCount
        return steepFrom + 2 * length - order - 3
    }

    @inline(__always)
    static func read(order: Int, from bits: inout BitReader) throws(BatchFault) -> UInt64 {
        let quotient = try bits.ones(upTo: steepFrom)
        guard quotient == steepFrom else { return UInt64(quotient) << UInt64(order) | (try bits.bits(order)) }
        let length = order + 3 + (try bits.ones(upTo: 64))
        guard length <= 64 else { throw .malformed("number beyond 64 bits") }
        return 1 << UInt64(length - 1) | (try bits.longBits(length - 1))
    }
}
