// SPDX-License-Identifier: Apache-2.0

/// Times such as `2007-02-01T00:00:00.123`: the part of ISO 8601 that devices print, without the zone.
struct TimeText: Equatable {
    /// How the text looks: bit 0 is a space instead of `T`, the others say how many digits the fraction has.
    struct Style: RawRepresentable, Equatable {
        let rawValue: UInt8

        static let fractions: [UInt8] = [0, 3, 6]

        init?(rawValue: UInt8) {
            guard rawValue < 6 else { return nil }
            self.rawValue = rawValue
        }

        init(hasSpace: Bool, fraction: Int) {
            rawValue = (hasSpace ? 1 : 0) + UInt8(fraction << 1)
        }

        var separator: UInt8 { rawValue & 1 == 0 ? UInt8(ascii: "T") : UInt8(ascii: " ") }
        /// Digits behind the point: 0, 3 or 6.
        var digits: Int { Int(Self.fractions[Int(rawValue >> 1)]) }
        var length: Int { digits == 0 ? 19 : 20 + digits }
        /// The unit of the number.
        var unit: TimeUnit { digits == 0 ? .second : digits == 3 ? .millisecond : .microsecond }
    }

    /// Seconds, milli- or microseconds since 1970, whatever the style's unit is.
    var value: Int64
    var style: Style

    /// Reads a time at the start of `text`; its length is the style's.
    static func parse(_ text: UnsafeBufferPointer<UInt8>) -> TimeText? {
        guard text.count >= 19, text[4] == 0x2D, text[7] == 0x2D, text[13] == 0x3A, text[16] == 0x3A else { return nil }
        guard text[10] == UInt8(ascii: "T") || text[10] == UInt8(ascii: " ") else { return nil }
        guard let year = number(text, 0, 4), let month = number(text, 5, 2), let day = number(text, 8, 2),
            let hour = number(text, 11, 2), let minute = number(text, 14, 2), let second = number(text, 17, 2)
        else { return nil }
        guard (1...12).contains(month), day >= 1, day <= Self.days(in: month, of: year) else { return nil }
        guard hour < 24, minute < 60, second < 60 else { return nil }
        var value = days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
        var fraction = 0
        if text.count > 22, text[19] == UInt8(ascii: "."), let millis = number(text, 20, 3) {
            let next = text.count > 23 ? text[23] &- 0x30 : 255
            if next > 9 {
                fraction = 1
                value = value * 1_000 + millis
            } else if text.count > 25, let micros = number(text, 20, 6), text.count == 26 || text[26] &- 0x30 > 9 {
                fraction = 2
                value = value * 1_000_000 + micros
            }
        }
        return TimeText(value: value, style: Style(hasSpace: text[10] == UInt8(ascii: " "), fraction: fraction))
    }

    /// Prints into `target`, which has room for 26 bytes; the result is the length, or nil outside of years 0 to 9999.
    func print(into target: UnsafeMutableBufferPointer<UInt8>) -> Int? {
        let perSecond = Decimal.power(Int8(style.digits))
        let seconds = TimeUnit.floorDivide(value, perSecond)
        guard seconds >= -62_167_219_200, seconds < 253_402_300_800 else { return nil }
        let day = TimeUnit.floorDivide(seconds, 86_400)
        let rest = seconds - day * 86_400
        let (year, month, dayOfMonth) = Self.date(day)
        Self.put(year, 4, target, 0)
        target[4] = 0x2D
        Self.put(month, 2, target, 5)
        target[7] = 0x2D
        Self.put(dayOfMonth, 2, target, 8)
        target[10] = style.separator
        Self.put(rest / 3_600, 2, target, 11)
        target[13] = 0x3A
        Self.put(rest / 60 % 60, 2, target, 14)
        target[16] = 0x3A
        Self.put(rest % 60, 2, target, 17)
        guard style.digits > 0 else { return 19 }
        target[19] = UInt8(ascii: ".")
        Self.put(value - seconds * perSecond, style.digits, target, 20)
        return style.length
    }

    private static func number(_ text: UnsafeBufferPointer<UInt8>, _ start: Int, _ count: Int) -> Int64? {
        var value: Int64 = 0
        for index in start..<start + count {
            let digit = text[index] &- 0x30
            guard digit <= 9 else { return nil }
            value = value * 10 + Int64(digit)
        }
        return value
    }

    private static func put(
        _ value: Int64,
        _ count: Int,
        _ target: UnsafeMutableBufferPointer<UInt8>,
        _ start: Int
    ) {
        var rest = value
        for index in stride(from: start + count - 1, through: start, by: -1) {
            target[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1970 (Howard Hinnant, chrono-compatible low-level date algorithms: days_from_civil).
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = TimeUnit.floorDivide(shifted, 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The inverse (civil_from_days).
    private static func date(_ days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = TimeUnit.floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}
