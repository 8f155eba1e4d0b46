// SPDX-License-Identifier: Apache-2.0

/// A number: `mantissa` / 10^`decimals`; where `decimals` is negative, that many zeros stand before the point.
struct Decimal: Equatable {
    var mantissa: Int64
    var decimals: Int8

    /// More digits behind the point stay text: one such value would cost a whole column.
    static let maximumDecimals: Int8 = 10
    /// Zeros before the point that a scale leaves out at most.
    static let minimumDecimals: Int8 = -9
    /// 20 digits, a sign and a point.
    static let maximumLength = 24

    /// Literals, so that no access checks for a first one.
    private static let powers: [Int64] = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
        100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
        10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000,
    ]

    /// Ten to the power of `exponent`, which is at most 18.
    @inline(__always)
    static func power(_ exponent: Int8) -> Int64 { powers[Int(min(exponent, 18))] }

    /// Wraps where it grows too large and drops digits where it shrinks; both ends do the same.
    static func rescaled(_ value: Int64, from scale: Int8, to newScale: Int8) -> Int64 {
        newScale >= scale ? value &* power(newScale - scale) : value / power(scale - newScale)
    }

    /// The number without zeros at its end, as far as ``minimumDecimals``, which zero has.
    @inline(__always)
    var stripped: Decimal {
        guard mantissa != 0 else { return Decimal(mantissa: 0, decimals: Self.minimumDecimals) }
        var result = self
        while result.decimals > Self.minimumDecimals, result.mantissa % 10 == 0 {
            result.mantissa /= 10
            result.decimals -= 1
        }
        return result
    }

    /// The number as an integer at a larger scale, or nil where that is beyond 64 bits.
    @inline(__always)
    func mantissa(atScale scale: Int8) -> Int64? {
        guard scale - decimals <= 18 else { return mantissa == 0 ? 0 : nil }
        let (value, overflow) = mantissa.multipliedReportingOverflow(by: Self.power(scale - decimals))
        return overflow ? nil : value
    }

    /// Reads a canonical decimal: no needless zero or sign in front, a digit on both sides of the point.
    ///
    /// Nil where printing the result would not give the same bytes.
    static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Decimal? {
        var position = 0
        let isNegative = text.first == UInt8(ascii: "-")
        if isNegative { position = 1 }
        guard position < text.count else { return nil }
        if text[position] == UInt8(ascii: "0"), position + 1 < text.count, text[position + 1] != UInt8(ascii: ".") {
            return nil
        }
        var value: Int64 = 0
        var point: Int?
        let start = position
        while position < text.count {
            let digit = text[position] &- 0x30
            if digit > 9 {
                guard text[position] == UInt8(ascii: "."), point == nil, position > start else { return nil }
                point = position
            } else {
                let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
                let (sum, carry) = scaled.addingReportingOverflow(Int64(digit))
                guard !overflow, !carry else { return nil }
                value = sum
            }
            position += 1
        }
        let decimals = point.map { text.count - $0 - 1 } ?? 0
        guard decimals <= Int(maximumDecimals), point == nil || decimals > 0 else { return nil }
        // Minus zero has no mantissa.
        guard value != 0 || !isNegative else { return nil }
        return Decimal(mantissa: isNegative ? -value : value, decimals: Int8(decimals))
    }

    /// Prints into `target`, which has room for ``maximumLength`` bytes and the decimals; the result is the length.
    func print(into target: UnsafeMutableBufferPointer<UInt8>) -> Int {
        var reversed: (UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0)
        return withUnsafeMutableBytes(of: &reversed) { digits in
            var rest = mantissa.magnitude
            var count = 0
            while rest > 0 || count <= Int(decimals) {
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                digits[count] = 0x30 + UInt8(truncatingIfNeeded: digit)
                count += 1
                rest = quotient
            }
            var length = 0
            if mantissa < 0 {
                target[0] = UInt8(ascii: "-")
                length = 1
            }
            while count > 0 {
                if count == Int(decimals) {
                    target[length] = UInt8(ascii: ".")
                    length += 1
                }
                count -= 1
                target[length] = digits[count]
                length += 1
            }
            return length
        }
    }
}
