// SPDX-License-Identifier: Apache-2.0

/// How the text of a decimal differs from what its value lets expect, as one code.
///
/// 0 is as expected and 1 an escape; from 2 on the repair, and above that, where there is more to say, one more than the
/// digits behind the point (0 for those expected) and how much the scale grows.
struct DecimalPrint {
    /// What stands in the column is the length of a text instead.
    static let escape: UInt64 = 1
    private static let first: UInt64 = 2

    /// The raw value of a ``DoubleRepair``, or 0.
    var repair: Int8
    /// Digits that the scale gains.
    var growth: Int8
    /// Digits behind the point, or nil for as many as expected.
    var decimals: Int8?

    init(repair: Int8, growth: Int8, decimals: Int8?) {
        self.repair = repair
        self.growth = growth
        self.decimals = decimals
    }

    @inline(__always)
    func code(expecting expected: Int8) -> UInt64 {
        if repair == expected, growth == 0, decimals == nil { return 0 }
        let digits = UInt64(decimals.map { $0 + 1 } ?? 0)
        return Self.first + UInt64(repair) + 8 * (digits + 16 * UInt64(growth))
    }

    init(code: UInt64, expecting expected: Int8) throws(BatchFault) {
        guard code > 0 else {
            self.init(repair: expected, growth: 0, decimals: nil)
            return
        }
        let value = code - Self.first
        let digits = Int8(value / 8 % 16)
        guard value < 8 * 16 * 20, digits <= Decimal.maximumDecimals + 1 else { throw .malformed("decimals") }
        self.init(repair: Int8(value % 8), growth: Int8(value / 128), decimals: digits == 0 ? nil : digits - 1)
    }
}
