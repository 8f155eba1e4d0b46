// SPDX-License-Identifier: Apache-2.0

/// How large the codes of one cell have been: what both ends choose the form of the next one by.
///
/// The bounds were found by measurement over the recordings that the project is measured with; all are flat optima.
struct Level {
    /// Kinds of runs: the rarer another code than zero is, the longer the run it is counted in.
    static let runs = 4
    /// Means below these, in 256ths of a bit, belong to the runs.
    private static let runBounds: (UInt16, UInt16, UInt16, UInt16) = (8, 24, 64, 160)
    /// The order of a Golomb code is this much below the mean, and below the mean of codes in a run.
    private static let orderOffset = 32
    private static let runOrderOffset = 320
    /// Codes that need nearly all bits of their width are written as they are.
    private static let flatDistance = 400
    /// Codes that a mean looks back at.
    private static let memory: UInt8 = 5
    private static let peakMemory: UInt8 = 7
    /// One of so many, in 65,536ths; literals, so that no access checks for a first one.
    private static let shares: [Int] = [65_536, 32_768, 21_845, 16_384, 13_107, 10_922, 9_362, 8_192, 7_281]

    /// A running mean of how many bits a code has, in 256ths.
    private var mean: UInt16 = 256
    /// The same of codes other than zero.
    private var peak: UInt16 = 768
    /// Codes seen, up to the memory.
    private var seen: UInt8 = 0
    private var peaksSeen: UInt8 = 0
    /// Bits of the largest code.
    private let width: UInt8

    /// - Parameter width: bits that no code has more of.
    init(width: UInt8 = 64) {
        self.width = width
    }

    /// How the next code is written.
    @inline(__always)
    var form: CodeForm {
        guard mean >= Self.runBounds.3 else {
            let order = max(0, (Int(peak) - Self.runOrderOffset) >> 8)
            let bounds = Self.runBounds
            return CodeForm(run: mean < bounds.0 ? 0 : mean < bounds.1 ? 1 : mean < bounds.2 ? 2 : 3, order: order)
        }
        if Int(mean) + Self.flatDistance > Int(width) << 8 { return CodeForm(width: width) }
        return CodeForm(order: min(max(0, (Int(mean) - Self.orderOffset) >> 8), Golomb.maximumOrder))
    }

    @inline(__always)
    mutating func learn(_ code: UInt64) {
        let bits = UInt16(truncatingIfNeeded: 64 - code.leadingZeroBitCount) << 8
        if seen < Self.memory { seen += 1 }
        mean = Self.moved(mean, towards: bits, Self.shares[Int(seen)])
        guard code != 0 else { return }
        if peaksSeen < Self.peakMemory { peaksSeen += 1 }
        peak = Self.moved(peak, towards: bits, Self.shares[Int(peaksSeen)])
    }

    /// - Parameter share: of the way, in 65,536ths.
    @inline(__always)
    private static func moved(_ mean: UInt16, towards bits: UInt16, _ share: Int) -> UInt16 {
        UInt16(truncatingIfNeeded: Int(mean) + ((Int(bits) - Int(mean)) * share) >> 16)
    }
}
