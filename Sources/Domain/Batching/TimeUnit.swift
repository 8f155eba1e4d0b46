// SPDX-License-Identifier: Apache-2.0

/// The unit of a slot that holds a time.
enum TimeUnit: UInt8 {
    case second = 0
    case millisecond = 1
    case microsecond = 2
    case nanosecond = 3

    /// Milliseconds, rounded down; wraps.
    @inline(__always)
    func milliseconds(_ value: Int64, scale: UInt8) -> Int64 {
        switch self {
        case .second where scale <= 3: value &* Decimal.power(3 - scale)
        case .second: Self.floorDivide(value, Decimal.power(scale - 3))
        case .millisecond: Self.floorDivide(value, Decimal.power(scale))
        case .microsecond: Self.floorDivide(value, Decimal.power(scale + 3))
        case .nanosecond: Self.floorDivide(value, Decimal.power(scale + 6))
        }
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
