// SPDX-License-Identifier: Apache-2.0

/// The numbers of the event that is being coded, the latest four: what belongs together moves together.
struct References {
    static let count = 4

    private var numbers: (Reference, Reference, Reference, Reference) = (
        Reference(), Reference(), Reference(), Reference()
    )

    @inline(__always)
    subscript(index: Int) -> Reference {
        switch index {
        case 0: numbers.0
        case 1: numbers.1
        case 2: numbers.2
        default: numbers.3
        }
    }

    /// Puts a number in front that has just been coded.
    @inline(__always)
    mutating func append(_ cell: NumberCell) {
        numbers = (Reference(cell), numbers.0, numbers.1, numbers.2)
    }
}
