// SPDX-License-Identifier: Apache-2.0

/// A number of bytes as users write it: `1200`, `64KiB`, `512MiB`, `2GiB`.
package struct ByteSize: Sendable, Hashable, Comparable, CustomStringConvertible {
    private static let units: [(name: String, scale: Int64)] = [
        ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("", 1),
    ]

    package var bytes: Int64

    package init(bytes: Int64) {
        self.bytes = bytes
    }

    /// Nil for a fraction, a sign, an unknown unit or a number too large.
    package init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        let unit = text[digits.endIndex...]
        guard let number = Int64(digits), let scale = Self.units.first(where: { $0.name == unit })?.scale else {
            return nil
        }
        let (bytes, overflow) = number.multipliedReportingOverflow(by: scale)
        guard !overflow else { return nil }
        self.bytes = bytes
    }

    package var description: String {
        for unit in Self.units where bytes != 0 && bytes % unit.scale == 0 {
            return "\(bytes / unit.scale)\(unit.name)"
        }
        return "\(bytes)"
    }

    package static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }
}
