// SPDX-License-Identifier: Apache-2.0

package import Events

/// Opens batches: what comes out is byte for byte what went in.
package struct BatchDecoder: ~Copyable {
    private var zstd = Zstandard.Decompressor()
    private var columns = ColumnReader()
    private var body: [UInt8] = []

    package init() {}

    /// What a batch says of itself in its header, without decoding the events.
    package struct Header: Sendable, Equatable {
        package var firstSequence: UInt64
        package var count: Int
        /// The primer that the events cannot be read without.
        package var primer: PrimerIdentifier?
    }

    /// Reads only the header.
    package func header(_ batch: RawSpan) throws(BatchFault) -> Header {
        try batch.withBytes { (bytes) throws(BatchFault) in
            var reader = ByteReader(bytes)
            let header = try BatchHeader(&reader)
            return Header(firstSequence: header.firstSequence, count: header.count, primer: header.primer)
        }
    }

    /// Decodes all events and appends them to `block`, with sequences from the header.
    ///
    /// What was appended before a fault was found stays in the block; the caller drops the block.
    /// - Parameter maximumBytes: decoded bytes beyond this are refused before they are allocated.
    ///
    /// Throws ``BatchFault/primerWanted(_:)`` where the batch builds on another primer than the given one.
    /// - Parameter primer: the one that ``header(_:)`` names, if it is at hand.
    package mutating func decode(
        _ batch: RawSpan,
        primer: Primer? = nil,
        maximumBytes: Int,
        into block: inout EventBlock
    ) throws(BatchFault) {
        try batch.withBytes { (bytes) throws(BatchFault) in
            try decode(bytes, primer: primer, maximumBytes: maximumBytes, into: &block)
        }
    }

    private mutating func decode(
        _ bytes: UnsafeBufferPointer<UInt8>,
        primer: Primer?,
        maximumBytes: Int,
        into block: inout EventBlock
    ) throws(BatchFault) {
        var reader = ByteReader(bytes)
        let header = try BatchHeader(&reader)
        if let wanted = header.primer, wanted != primer?.identifier { throw .primerWanted(wanted) }
        let primer = header.primer == nil ? nil : primer
        // A block addresses its bytes with 32 bits.
        let maximumBytes = min(maximumBytes, Int(UInt32.max) - block.bytes.count)
        let isColumns = header.mode == .columns || header.mode == .compressedColumns
        let part = try reader.slice(isColumns ? reader.count(upTo: reader.remaining) : reader.remaining)
        let bits = try reader.slice(reader.remaining)
        guard header.mode == .compressedRows || header.mode == .compressedColumns else {
            return isColumns
                ? try columns.read(
                    tables: part,
                    bits: bits,
                    header: header,
                    start: primer?.start.model,
                    maximumBytes: maximumBytes,
                    into: &block
                )
                : try RowForm.read(part, header: header, maximumBytes: maximumBytes, into: &block)
        }
        try zstd.decompress(
            part,
            dictionary: primer?.dictionary ?? [],
            maximumBytes: Self.bodyLimit(header, maximumBytes),
            into: &body
        )
        try body.withBytes { (body) throws(BatchFault) in
            if isColumns {
                try columns.read(
                    tables: body,
                    bits: bits,
                    header: header,
                    start: primer?.start.model,
                    maximumBytes: maximumBytes,
                    into: &block
                )
            } else {
                try RowForm.read(body, header: header, maximumBytes: maximumBytes, into: &block)
            }
        }
    }

    /// A body holds no more than the events, 24 bytes for each of them, and the tables of shapes and columns.
    private static func bodyLimit(_ header: BatchHeader, _ maximumBytes: Int) -> Int {
        let overhead = header.count * 24 + 65_536
        return maximumBytes > Int.max / 4 ? maximumBytes : max(maximumBytes, 0) * 2 + overhead
    }
}
