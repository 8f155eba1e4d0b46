// SPDX-License-Identifier: Apache-2.0

/// Where the parts of a batch lie.
struct BatchParts {
    let header: BatchHeader
    /// Tables or rows, as they are stored, and where they begin.
    let packed: UnsafeBufferPointer<UInt8>
    let packedStart: Int
    /// The codes of columns, and where they begin.
    let bits: UnsafeBufferPointer<UInt8>
    let bitsStart: Int
    /// Bytes of the header.
    let headerLength: Int

    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(BatchFault) {
        var reader = ByteReader(bytes)
        header = try BatchHeader(&reader)
        headerLength = reader.position
        let length = header.mode.isColumns ? try reader.count(upTo: reader.remaining) : reader.remaining
        packedStart = reader.position
        packed = try reader.slice(length)
        bitsStart = reader.position
        bits = try reader.slice(reader.remaining)
    }
}
