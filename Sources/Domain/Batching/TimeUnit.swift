// SPDX-License-Identifier: Apache-2.0

/// The unit of a slot that holds a time.
enum TimeUnit: UInt8 {
    case second = 0
    case millisecond = 1
    case microsecond = 2
    case nanosecond = 3

    /// Milliseconds, rounded down; wraps.
    @inline(__always)
    func milliseconds(_ value: Int64, scale: Int8) -> Int64 {
        let exponent = scale + 3 * (Int8(rawValue) - 1)
        return exponent <= 0
            ? value &* Decimal.power(-exponent) : Self.floorDivide(value, Decimal.power(exponent))
    }

    /// The inverse, without digits behind the point.
    func value(milliseconds: Int64) -> Int64 {
        switch self {
        case .second: Self.floorDivide(milliseconds, 1_000)
        case .millisecond: milliseconds
        case .microsecond: milliseconds &* 1_000
        case .nanosecond: milliseconds &* 1_000_000
        }
    }

    /// Rounds towards minus infinity; `divisor` is positive.
    @inline(__always)
    static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
