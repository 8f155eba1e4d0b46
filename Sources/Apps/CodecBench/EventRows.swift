// SPDX-License-Identifier: Apache-2.0

import Events

/// Events one after the other, uncompressed: what the plain zstd batches hold.
///
/// ```
/// +--------------+-------+-----------------+----------------+---------+
/// | topic length | topic | time, ms        | payload length | payload |
/// | 1 byte       |       | 8 bytes, little | varint         |         |
/// +--------------+-------+-----------------+----------------+---------+
/// ```
///
/// Least significant byte first: over the recordings at hand zstd needs a little less than with the other order. A topic
/// length of 255 stands for a longer topic: two bytes with its length follow.
struct EventRows {
    private(set) var bytes: [UInt8] = []
    /// Where each row ends.
    private var ends: [Int] = []

    init(_ block: EventBlock, _ range: Range<Int>) {
        for record in block.records[range] {
            append(record, of: block)
            ends.append(bytes.count)
        }
    }

    var count: Int { ends.count }

    /// Where the bytes of some rows lie.
    func place(of rows: Range<Int>) -> Range<Int> { end(before: rows.lowerBound)..<end(before: rows.upperBound) }

    /// The row that holds the byte at `position`.
    func row(at position: Int) -> Int { ends.firstIndex { $0 > position } ?? max(0, count - 1) }

    private func end(before row: Int) -> Int { row == 0 ? 0 : ends[row - 1] }

    private mutating func append(_ record: EventBlock.Record, of block: EventBlock) {
        bytes.append(UInt8(clamping: record.topicLength))
        if record.topicLength >= 255 {
            withUnsafeBytes(of: record.topicLength.littleEndian) { bytes.append(contentsOf: $0) }
        }
        bytes.append(contentsOf: block.bytes[record.topic])
        withUnsafeBytes(of: record.timestamp.littleEndian) { bytes.append(contentsOf: $0) }
        var length = record.payloadLength
        while length >= 128 {
            bytes.append(UInt8(length & 127 | 128))
            length >>= 7
        }
        bytes.append(UInt8(length))
        bytes.append(contentsOf: block.bytes[record.payload])
    }
}
