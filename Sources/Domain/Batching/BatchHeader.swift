// SPDX-License-Identifier: Apache-2.0

/// What stands before the body of every batch.
struct BatchHeader: Equatable {
    var mode: BatchFormat.Mode
    var firstSequence: UInt64
    var count: Int
    /// The time of the first event.
    var baseTime: Int64
    /// The primer that the body builds on.
    var primer: PrimerIdentifier?

    func append(to output: inout [UInt8]) {
        output.append(BatchFormat.version << 4 | (primer == nil ? 0 : BatchFormat.primerFlag) | mode.rawValue)
        Varint.append(firstSequence, to: &output)
        Varint.append(UInt64(count), to: &output)
        Varint.append(Varint.zigzag(baseTime), to: &output)
        guard let primer else { return }
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            output.append(UInt8(truncatingIfNeeded: primer.rawValue >> shift))
        }
    }

    var length: Int {
        1 + Varint.length(firstSequence) + Varint.length(UInt64(count)) + Varint.length(Varint.zigzag(baseTime))
            + (primer == nil ? 0 : 8)
    }

    init(
        mode: BatchFormat.Mode,
        firstSequence: UInt64,
        count: Int,
        baseTime: Int64,
        primer: PrimerIdentifier? = nil
    ) {
        self.mode = mode
        self.firstSequence = firstSequence
        self.count = count
        self.baseTime = baseTime
        self.primer = primer
    }

    init(_ reader: inout ByteReader) throws(BatchFault) {
        let first = try reader.byte()
        guard first >> 4 == BatchFormat.version else { throw .unsupported("batch version \(first >> 4)") }
        guard let mode = BatchFormat.Mode(rawValue: first & (0xF ^ BatchFormat.primerFlag)) else {
            throw .unsupported("batch mode \(first & 0xF)")
        }
        self.mode = mode
        firstSequence = try reader.varint()
        count = try reader.count(upTo: BatchFormat.maximumEvents)
        guard count > 0 else { throw .malformed("no events") }
        guard firstSequence <= .max - UInt64(count - 1) else { throw .malformed("sequence beyond 64 bits") }
        baseTime = Varint.unzigzag(try reader.varint())
        guard first & BatchFormat.primerFlag != 0 else { return }
        var identifier: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 8) { identifier |= UInt64(try reader.byte()) << shift }
        primer = PrimerIdentifier(rawValue: identifier)
    }
}
