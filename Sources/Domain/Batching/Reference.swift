// SPDX-License-Identifier: Apache-2.0

/// How another number of the same event has just changed: what belongs together moves together.
struct Reference {
    private var old: Int64 = 0
    private var new: Int64 = 0
    private var scale: Int8 = 0

    init() {}

    init(_ cell: NumberCell) {
        new = cell.last
        old = cell.last &- cell.delta
        scale = cell.scale
    }

    /// The change as a difference.
    @inline(__always)
    func delta(atScale wanted: Int8) -> Int64 {
        wanted == scale ? new &- old : Decimal.rescaled(new &- old, from: scale, to: wanted)
    }

    /// `value`, changed by the same factor.
    @inline(__always)
    func scaled(_ value: Int64) -> Int64 {
        guard old != new, old != 0, old != -1 else { return value }
        let (product, overflow) = value.multipliedReportingOverflow(by: new &- old)
        return overflow ? value : value &+ product / old
    }
}
