// SPDX-License-Identifier: Apache-2.0

/// How a long decimal comes from a short one: many programs print what a binary number makes of it.
///
/// `0.13399999999999998` is the double two steps below 0.134, `21.700000762939453` is the single-precision 21.7 as a
/// double. The short decimal and this tag print the long one again.
enum DoubleRepair: Int8 {
    /// Steps between neighbouring doubles, from the one nearest to the short decimal.
    case minusThree = 1
    case minusTwo
    case minusOne
    case plusOne
    case plusTwo
    case plusThree
    /// The nearest single-precision number, as a double.
    case single

    /// Longer ones are no shortest print of a double.
    static let maximumLength = 25

    /// Finds the short decimal behind a text; nil where there is none, or where it would not print the same text.
    static func parse(_ text: UnsafeBufferPointer<UInt8>) -> (decimal: Decimal, repair: DoubleRepair)? {
        guard text.count <= maximumLength, let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite,
            value != 0
        else { return nil }
        guard value.description.utf8.elementsEqual(text) else { return nil }
        if let single = single(value) { return (single, .single) }
        for decimals in 0...Decimal.maximumDecimals {
            let scaled = (value * Double(Decimal.power(decimals))).rounded()
            guard abs(scaled) < 9_007_199_254_740_992 else { return nil }
            let decimal = Decimal(mantissa: Int64(scaled), decimals: decimals)
            let steps = Int64(bitPattern: value.bitPattern) &- Int64(bitPattern: nearest(decimal).bitPattern)
            if let repair = DoubleRepair(steps: steps) { return (decimal, repair) }
        }
        return nil
    }

    /// The text that a short decimal stands for.
    func print(_ decimal: Decimal) -> String {
        let value = Self.nearest(decimal)
        guard self != .single else { return Double(Float(value)).description }
        return Double(bitPattern: value.bitPattern &+ UInt64(bitPattern: steps)).description
    }

    private var steps: Int64 {
        let place = Int64(rawValue)
        return place <= 3 ? place - 4 : place - 3
    }

    private init?(steps: Int64) {
        guard steps != 0, (-3...3).contains(steps) else { return nil }
        self.init(rawValue: Int8(steps < 0 ? steps + 4 : steps + 3))
    }

    private static func single(_ value: Double) -> Decimal? {
        let single = Float(value)
        guard Double(single) == value else { return nil }
        var text = single.description
        return text.withUTF8 { text in
            guard let decimal = Decimal.parse(text), Double(Float(nearest(decimal))) == value else { return nil }
            return decimal
        }
    }

    /// Correctly rounded: both numbers are exact (mantissas below 2^53, powers below 10^22).
    private static func nearest(_ decimal: Decimal) -> Double {
        Double(decimal.mantissa) / Double(Decimal.power(max(decimal.decimals, 0)))
    }
}
