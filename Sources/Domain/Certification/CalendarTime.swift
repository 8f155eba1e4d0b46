// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Moments as certificates and people write them; in between, seconds since 1970.
package enum CalendarTime {
    /// RFC 5280 section 4.1.2.5: two digits for the year until 2049, four from 2050 on.
    static func der(_ seconds: Int64) -> [UInt8] {
        let digits = text(seconds).filter { $0 != "-" && $0 != ":" && $0 != "T" }
        let isShort = digits < "2050" && digits >= "1950"
        return DER.value(isShort ? 0x17 : 0x18, Array((isShort ? digits.dropFirst(2) : digits[...]).utf8))
    }

    /// Nil for what is no moment in a form that RFC 5280 allows.
    static func seconds(tag: UInt8, _ content: ArraySlice<UInt8>) -> Int64? {
        let digits = String(decoding: content, as: UTF8.self)
        switch tag {
        // RFC 5280 section 4.1.2.5.1: years from 50 on are of the last century.
        case 0x17: return seconds(digits: (digits < "50" ? "20" : "19") + digits)
        case 0x18: return seconds(digits: digits)
        default: return nil
        }
    }

    /// `2026-11-24T04:00:00Z`.
    package static func text(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = tm()
        gmtime_r(&time, &parts)
        let date = [Int(parts.tm_year) + 1900, Int(parts.tm_mon) + 1, Int(parts.tm_mday)]
        let clock = [Int(parts.tm_hour), Int(parts.tm_min), Int(parts.tm_sec)]
        return date.map(padded).joined(separator: "-") + "T" + clock.map(padded).joined(separator: ":") + "Z"
    }

    /// Nil for what ``text(_:)`` does not write.
    package static func seconds(_ text: some StringProtocol) -> Int64? {
        let digits = String(text.filter { $0 != "-" && $0 != ":" && $0 != "T" })
        guard let seconds = seconds(digits: digits), self.text(seconds) == text else { return nil }
        return seconds
    }

    /// Of `20261124040000Z`.
    private static func seconds(digits: String) -> Int64? {
        let bytes = Array(digits.utf8)
        guard bytes.count == 15, bytes.last == UInt8(ascii: "Z"),
            bytes.dropLast().allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let number = { (range: Range<Int>) in bytes[range].reduce(Int32(0)) { $0 * 10 + Int32($1 - 0x30) } }
        var parts = tm()
        parts.tm_year = number(0..<4) - 1900
        parts.tm_mon = number(4..<6) - 1
        parts.tm_mday = number(6..<8)
        parts.tm_hour = number(8..<10)
        parts.tm_min = number(10..<12)
        parts.tm_sec = number(12..<14)
        let seconds = Int64(timegm(&parts))
        // It makes a 1st of March of a 29th of February that there was not.
        guard self.text(seconds).filter({ $0.isNumber }) == digits.dropLast() else { return nil }
        return seconds
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
