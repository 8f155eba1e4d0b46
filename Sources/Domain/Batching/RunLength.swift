// SPDX-License-Identifier: Apache-2.0

/// Runs of zeros in adaptive pieces, as in the run mode of JPEG-LS (ITU-T T.87, annex A.7.1).
///
/// A one says that a piece of 2^order zeros follows and makes the pieces longer; a zero says that fewer follow, how many,
/// and that another number comes then, and makes the pieces shorter.
struct RunLength {
    private static let orders: [UInt8] = [
        0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    ]

    private var index: UInt8 = 8
    /// Zeros of the piece that are still to come.
    private var zeros: Int32 = 0
    /// Whether a number other than zero follows them.
    private var endsWithNumber = false

    private var order: UInt64 { UInt64(Self.orders[Int(index)]) }

    /// Forgets the piece and keeps its length.
    mutating func restart() {
        zeros = 0
        endsWithNumber = false
    }

    /// Writes whether the next one is zero; `run` is how many zeros come before another number, this one included.
    @inline(__always)
    mutating func append(run: Int, to bits: inout BitWriter) {
        if zeros > 0 {
            zeros -= 1
            return
        }
        if endsWithNumber {
            endsWithNumber = false
            return
        }
        begin(run: run, &bits)
    }

    private mutating func begin(run: Int, _ bits: inout BitWriter) {
        var run = run
        let piece = 1 << Int(order)
        guard run < piece else {
            bits.append(1, count: 1)
            zeros = Int32(piece - 1)
            if index < 31 { index += 1 }
            return
        }
        bits.append(0, count: 1)
        bits.append(UInt64(run), count: Int(order))
        if index > 0 { index -= 1 }
        endsWithNumber = run > 0
        if run > 0 { run -= 1 }
        zeros = Int32(run)
    }

    /// Whether the next one is zero.
    @inline(__always)
    mutating func isZero(_ bits: inout BitReader) throws(BatchFault) -> Bool {
        if zeros > 0 {
            zeros -= 1
            return true
        }
        if endsWithNumber {
            endsWithNumber = false
            return false
        }
        let order = Int(order)
        if try bits.bits(1) == 1 {
            zeros = Int32(1 << order - 1)
            if index < 31 { index += 1 }
            return true
        }
        let run = Int32(try bits.bits(order))
        if index > 0 { index -= 1 }
        guard run > 0 else { return false }
        zeros = run - 1
        endsWithNumber = true
        return true
    }
}
