// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Prints figures as they come, one a line, and keeps the ratios that have a bound.
struct Report {
    private(set) var failures: [String] = []

    func figure(_ name: String, _ value: Double, _ unit: String, decimals: Int = 0) {
        let left = name + String(repeating: " ", count: max(1, 58 - name.count))
        let text = Self.format(value, decimals)
        print(left + String(repeating: " ", count: max(1, 12 - text.count)) + text + " " + unit)
        fflush(nil)
    }

    /// A ratio that must not fall below `least`: the only kind of figure that a shared machine can be held to.
    mutating func ratio(_ name: String, _ value: Double, least: Double) {
        figure("\(name) (at least \(least))", value, "x", decimals: 2)
        if value < least { failures.append("\(name): \(Self.format(value, 2)), at least \(least)") }
    }

    /// A ratio that must not pass `most`.
    mutating func ratio(_ name: String, _ value: Double, most: Double) {
        figure("\(name) (at most \(most))", value, "x", decimals: 2)
        if value > most { failures.append("\(name): \(Self.format(value, 2)), at most \(most)") }
    }

    func heading(_ text: String) {
        print("\n\(text)")
    }

    static func format(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite else { return "-" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        return decimals == 0 ? String(Int(rounded)) : String(rounded)
    }
}
