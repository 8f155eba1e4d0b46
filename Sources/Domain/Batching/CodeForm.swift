// SPDX-License-Identifier: Apache-2.0

/// How one code is written: flat, as a Golomb code, or, where zeros are usual, as a part of a run.
struct CodeForm {
    enum Kind {
        case flat
        case golomb
        /// The run, and that zeros are counted in it.
        case run(Int)
    }

    private static let flat: UInt8 = 255
    private static let golomb: UInt8 = 254

    /// The order of the Golomb code; where it is flat, the bits.
    var order: Int { Int(lowBits) }
    private let lowBits: UInt8
    private let tag: UInt8

    init(width: UInt8) {
        lowBits = width
        tag = Self.flat
    }

    init(order: Int) {
        lowBits = UInt8(order)
        tag = Self.golomb
    }

    /// - Parameter order: of the other codes than zero, one less than they are.
    init(run: Int, order: Int) {
        lowBits = UInt8(order)
        tag = UInt8(run)
    }

    @inline(__always)
    var kind: Kind {
        switch tag {
        case Self.flat: .flat
        case Self.golomb: .golomb
        default: .run(Int(tag))
        }
    }
}
