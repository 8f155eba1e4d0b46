// SPDX-License-Identifier: Apache-2.0

package import Events

extension BatchDecoder {
    /// Decodes a batch like ``decode(_:primer:maximumBytes:into:)``, and tells what its bytes are spent on.
    ///
    /// Costs more time and, for each topic, template and slot, more memory than decoding.
    package mutating func explain(
        _ batch: RawSpan,
        primer: Primer? = nil,
        maximumBytes: Int,
        into block: inout EventBlock
    ) throws(BatchDamage) -> BatchExplanation {
        var place = BatchPlace.header
        do throws(BatchFault) {
            return try batch.withBytes { (bytes) throws(BatchFault) in
                try explain(bytes, primer: primer, maximumBytes: maximumBytes, into: &block, &place)
            }
        } catch {
            throw BatchDamage(fault: error, place: place)
        }
    }

    private mutating func explain(
        _ bytes: UnsafeBufferPointer<UInt8>,
        primer: Primer?,
        maximumBytes: Int,
        into block: inout EventBlock,
        _ place: inout BatchPlace
    ) throws(BatchFault) -> BatchExplanation {
        let parts = try BatchParts(bytes)
        let primer = try Self.check(primer, parts.header)
        let maximumBytes = min(maximumBytes, Int(UInt32.max) - block.bytes.count)
        guard parts.header.mode.isCompressed else {
            return try explain(parts.packed, parts, primer: primer, maximumBytes: maximumBytes, into: &block, &place)
        }
        place = .frame(byte: parts.packedStart)
        try unpack(parts, primer: primer, maximumBytes: maximumBytes)
        let unpacked = body
        return try unpacked.withBytes { (bytes) throws(BatchFault) in
            try explain(bytes, parts, primer: primer, maximumBytes: maximumBytes, into: &block, &place)
        }
    }

    private mutating func explain(
        _ unpacked: UnsafeBufferPointer<UInt8>,
        _ parts: BatchParts,
        primer: Primer?,
        maximumBytes: Int,
        into block: inout EventBlock,
        _ place: inout BatchPlace
    ) throws(BatchFault) -> BatchExplanation {
        parts.header.mode.isColumns
            ? try explainColumns(unpacked, parts, primer: primer, maximumBytes: maximumBytes, into: &block, &place)
            : try explainRows(unpacked, parts, maximumBytes: maximumBytes, into: &block, &place)
    }

    private func explainRows(
        _ unpacked: UnsafeBufferPointer<UInt8>,
        _ parts: BatchParts,
        maximumBytes: Int,
        into block: inout EventBlock,
        _ place: inout BatchPlace
    ) throws(BatchFault) -> BatchExplanation {
        let known = block.count
        var rows = RowReader(unpacked, header: parts.header)
        do throws(BatchFault) {
            try rows.read(maximumBytes: maximumBytes, into: &block)
        } catch {
            let number = min(block.count - known + 1, parts.header.count)
            place =
                parts.header.mode.isCompressed
                ? .unpackedEvent(number, byte: rows.position)
                : .event(number, byte: parts.packedStart + rows.position)
            throw error
        }
        return try BatchExplanation(parts, rows: unpacked)
    }

    private mutating func explainColumns(
        _ tables: UnsafeBufferPointer<UInt8>,
        _ parts: BatchParts,
        primer: Primer?,
        maximumBytes: Int,
        into block: inout EventBlock,
        _ place: inout BatchPlace
    ) throws(BatchFault) -> BatchExplanation {
        let start = primer?.start.model ?? .empty
        place = .tables(byte: parts.packedStart)
        try columns.begin(tables: tables, header: parts.header, start: start, maximumBytes: maximumBytes)
        let known = block.count
        var tally = CodeTally(CodeReader(parts.bits, runs: start.runs))
        do throws(BatchFault) {
            try columns.readEvents(&tally, header: parts.header, maximumBytes: maximumBytes, into: &block)
        } catch {
            let number = min(block.count - known + 1, parts.header.count)
            place = .event(number, byte: parts.bitsStart + tally.position / 8)
            throw error
        }
        return BatchExplanation(parts, unpacked: tables.count, reader: columns, start: start, tally: tally)
    }
}
