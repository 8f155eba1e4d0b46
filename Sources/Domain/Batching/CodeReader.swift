// SPDX-License-Identifier: Apache-2.0

/// Takes codes one by one off the bits of a batch.
struct CodeReader: CodeSource {
    private var bits: BitReader
    private var runs: Runs

    init(_ bits: UnsafeBufferPointer<UInt8>, runs: Runs) {
        self.bits = BitReader(bits)
        self.runs = runs
    }

    var isUsedUp: Bool { bits.isUsedUp }
    /// Bits that were read.
    var position: Int { bits.consumed }

    @inline(__always)
    func enter(_ column: CodeColumn) {}

    @inline(__always)
    func note(topic: Int, template: Int) {}

    @inline(__always)
    mutating func next(_ level: inout Level) throws(BatchFault) -> UInt64 {
        let form = level.form
        let code: UInt64
        switch form.kind {
        case .flat: code = try bits.longBits(form.order)
        case .golomb: code = try Golomb.read(order: form.order, from: &bits)
        case .run(let run):
            if try runs[run].isZero(&bits) {
                code = 0
            } else {
                let (value, overflow) = try Golomb.read(order: form.order, from: &bits).addingReportingOverflow(1)
                guard !overflow else { throw .malformed("number beyond 64 bits") }
                code = value
            }
        }
        level.learn(code)
        return code
    }
}
