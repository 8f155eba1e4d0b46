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

    /// What a zero and another code cost in each run, roughly, in 256ths of a bit.
    private static let runCosts: [(zero: Int, other: Int)] = [(2, 1_400), (12, 1_100), (48, 800), (120, 560)]

    /// Roughly the bits that a code costs, in 256ths.
    @inline(__always)
    func cost(_ code: UInt64) -> Int {
        switch kind {
        case .flat: order << 8
        case .golomb: Golomb.length(code, order: order) << 8
        case .run(let run):
            code == 0 ? Self.runCosts[run].zero : Golomb.length(code - 1, order: order) << 8 + Self.runCosts[run].other
        }
    }
}
