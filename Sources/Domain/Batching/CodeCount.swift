// SPDX-License-Identifier: Apache-2.0

/// What the codes of one column of a batch came to.
package struct CodeCount: Sendable, Equatable {
    package var codes = 0
    /// How many of them were zero: as expected.
    package var zeros = 0
    /// Counted where they were read: the first code of a run of zeros pays for all of it.
    package var bits = 0

    mutating func add(_ code: UInt64, bits count: Int) {
        codes += 1
        if code == 0 { zeros += 1 }
        bits += count
    }
}
