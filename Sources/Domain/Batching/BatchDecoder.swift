// SPDX-License-Identifier: Apache-2.0

package import Events

/// Opens batches: what comes out is byte for byte what went in.
package struct BatchDecoder: ~Copyable {
    var zstd = Zstandard.Decompressor()
    var columns = ColumnReader()
    var body: [UInt8] = []

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
        let parts = try BatchParts(bytes)
        let primer = try Self.check(primer, parts.header)
        // A block addresses its bytes with 32 bits.
        let maximumBytes = min(maximumBytes, Int(UInt32.max) - block.bytes.count)
        guard parts.header.mode.isCompressed else {
            return try read(parts.packed, parts, primer: primer, maximumBytes: maximumBytes, into: &block)
        }
        try unpack(parts, primer: primer, maximumBytes: maximumBytes)
        // Taken out, so that the columns may change while it is read; it comes back with its memory.
        var unpacked: [UInt8] = []
        swap(&unpacked, &body)
        defer { swap(&unpacked, &body) }
        try unpacked.withBytes { (bytes) throws(BatchFault) in
            try read(bytes, parts, primer: primer, maximumBytes: maximumBytes, into: &block)
        }
    }

    /// The primer to build on: nil where the batch names none.
    static func check(_ primer: Primer?, _ header: BatchHeader) throws(BatchFault) -> Primer? {
        guard let wanted = header.primer else { return nil }
        guard wanted == primer?.identifier else { throw .primerWanted(wanted) }
        return primer
    }

    /// Fills ``body``.
    mutating func unpack(_ parts: BatchParts, primer: Primer?, maximumBytes: Int) throws(BatchFault) {
        try zstd.decompress(
            parts.packed,
            dictionary: primer?.dictionary ?? [],
            maximumBytes: Self.bodyLimit(parts.header, maximumBytes),
            into: &body
        )
    }

    /// - Parameter bytes: tables or rows, unpacked.
    private mutating func read(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ parts: BatchParts,
        primer: Primer?,
        maximumBytes: Int,
        into block: inout EventBlock
    ) throws(BatchFault) {
        guard parts.header.mode.isColumns else {
            var rows = RowReader(bytes, header: parts.header)
            return try rows.read(maximumBytes: maximumBytes, into: &block)
        }
        try columns.read(
            tables: bytes,
            bits: parts.bits,
            header: parts.header,
            start: primer?.start.model,
            maximumBytes: maximumBytes,
            into: &block
        )
    }

    /// A body holds no more than the events, 24 bytes for each of them, and the tables of shapes and columns.
    static func bodyLimit(_ header: BatchHeader, _ maximumBytes: Int) -> Int {
        let overhead = header.count * 24 + 65_536
        return maximumBytes > Int.max / 4 ? maximumBytes : max(maximumBytes, 0) * 2 + overhead
    }
}
