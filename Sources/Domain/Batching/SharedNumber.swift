// SPDX-License-Identifier: Apache-2.0

/// What a slot held last on any topic: the first guess for a topic that is new, and a shared clock for the others.
struct SharedNumber {
    private var value: Int64
    private var scale: Int8 = 0

    /// A first guess without digits behind the point.
    init(value: Int64) {
        self.value = value
    }

    @inline(__always)
    func value(atScale wanted: Int8) -> Int64 {
        wanted == scale ? value : Decimal.rescaled(value, from: scale, to: wanted)
    }

    @inline(__always)
    mutating func learn(_ cell: NumberCell) {
        value = cell.last
        scale = cell.scale
    }

    mutating func shift(by distance: Int64) {
        value = value &+ Decimal.rescaled(distance, from: 0, to: scale)
    }
}
