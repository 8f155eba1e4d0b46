// SPDX-License-Identifier: Apache-2.0

/// Names a primer within its node: the XXH64 of the model's version and the primer's bytes.
package struct PrimerIdentifier: Hashable, Sendable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

extension PrimerIdentifier: CustomStringConvertible {
    /// Sixteen hexadecimal digits.
    package var description: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
