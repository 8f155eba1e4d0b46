// SPDX-License-Identifier: Apache-2.0

/// Writes JSON (RFC 8259) without Foundation.
package enum JSONText {
    /// A string in quotes; control characters escaped (RFC 8259 section 7).
    package static func string(_ text: some StringProtocol) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\r": out += "\\r"
            case "\t": out += "\\t"
            default:
                if scalar.value < 0x20 {
                    out += scalar.value < 0x10 ? "\\u000" : "\\u00"
                    out += String(scalar.value, radix: 16)
                } else {
                    out.unicodeScalars.append(scalar)
                }
            }
        }
        return out + "\""
    }

    /// A number with at most `digits` decimals, or null when there is none.
    package static func number(_ value: Double?, digits: Int = 2) -> String {
        guard let value, value.isFinite else { return "null" }
        return decimal(value, digits: digits)
    }

    /// Decimal text, rounded half away from zero; never an exponent.
    package static func decimal(_ value: Double, digits: Int) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = (value.magnitude * scale).rounded()
        guard scaled < 9e15 else { return String(Int64(clamping: Int128(value.magnitude))) }
        let whole = Int64(scaled) / Int64(scale)
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard digits > 0 else { return "\(sign)\(whole)" }
        let fraction = String(Int64(scaled) % Int64(scale))
        return "\(sign)\(whole)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    /// An object whose values are JSON already.
    package static func object(_ members: [(name: String, value: String)]) -> String {
        "{" + members.map { "\(string($0.name)):\($0.value)" }.joined(separator: ",") + "}"
    }

    /// An array of values that are JSON already.
    package static func array(_ items: some Sequence<String>) -> String {
        "[" + items.joined(separator: ",") + "]"
    }
}
