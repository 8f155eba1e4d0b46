// SPDX-License-Identifier: Apache-2.0

/// What a slot held last on any topic: the first guess for a topic that is new, and a shared clock for the others.
struct SharedNumber {
    private var value: Int64 = 0
    private(set) var scale: UInt8 = 0
    private(set) var padding = NumberCell.Padding()

    init() {}

    /// A first guess without digits behind the point.
    init(value: Int64) {
        self.value = value
    }

    @inline(__always)
    func value(atScale wanted: UInt8) -> Int64 {
        wanted == scale ? value : Decimal.rescaled(value, from: scale, to: wanted)
    }

    @inline(__always)
    mutating func learn(_ cell: NumberCell) {
        value = cell.last
        scale = cell.scale
        padding = cell.padding
    }
}
