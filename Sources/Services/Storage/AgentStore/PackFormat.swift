// SPDX-License-Identifier: Apache-2.0

import Events

/// The body of a pack's row: a batch, ready to be sent, and all that is needed to file it again when nothing but the row
/// is left (decision 16).
/// ```
/// +----------+-------+-----------+--------+---------------------------------------------+
/// | checksum | epoch | partition | count  | a batch of that many events, as it is sent  |
/// |    4     |   8   |  varint   | varint | (count 0: a primer that such batches name)  |
/// +----------+-------+-----------+--------+---------------------------------------------+
/// ```
/// Integers are big-endian, varints LEB128. The row's key is the sequence of the batch's first event, and 0 for the
/// primer: every pack has the one that its batches build on, so that no damage elsewhere makes them unreadable. The
/// checksum is the low half of the XXH64 of all that follows it, seeded with the complement of the key. Keys are below
/// 2^63, so a body is never taken for an event's (``RowFormat``), nor an event's for one of these.
enum PackFormat {
    /// The key of the row that holds the primer.
    static let primerKey: UInt64 = 0

    /// What a body says.
    struct Body: Equatable {
        var lane: Lane
        /// Events in the batch; 0 for a primer.
        var count: Int
        /// Where the batch, or the primer, lies in the body.
        var content: Range<Int>
    }

    static func encode(_ content: [UInt8], count: Int, lane: Lane, key: UInt64) -> [UInt8] {
        var body = [UInt8](repeating: 0, count: 4)
        body.reserveCapacity(content.count + 24)
        withUnsafeBytes(of: lane.epoch.bigEndian) { body.append(contentsOf: $0) }
        append(lane.partition.number, to: &body)
        append(UInt32(truncatingIfNeeded: count), to: &body)
        body.append(contentsOf: content)
        let sum = body.withUnsafeBytes { checksum(UnsafeRawBufferPointer(rebasing: $0[4...]), key: key) }
        body.withUnsafeMutableBytes { $0.storeBytes(of: sum.bigEndian, as: UInt32.self) }
        return body
    }

    /// Nil when the body is damaged, belongs to another key, or is no pack's.
    static func decode(_ body: UnsafeRawBufferPointer, key: UInt64) -> Body? {
        guard body.count >= 14 else { return nil }
        let found = UInt32(bigEndian: body.loadUnaligned(as: UInt32.self))
        guard found == checksum(UnsafeRawBufferPointer(rebasing: body[4...]), key: key) else { return nil }
        var position = 12
        guard let partition = RowFormat.take(from: body, &position), let count = RowFormat.take(from: body, &position),
            (count == 0) == (key == primerKey), key <= .max - UInt64(count)
        else { return nil }
        let epoch = UInt64(bigEndian: body.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
        return Body(
            lane: Lane(epoch: epoch, partition: Partition(number: partition)),
            count: Int(count),
            content: position..<body.count
        )
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer, key: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: XXHash64.hash(bytes, seed: ~key))
    }

    private static func append(_ value: UInt32, to body: inout [UInt8]) {
        var value = value
        while value >= 0x80 {
            body.append(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        body.append(UInt8(truncatingIfNeeded: value))
    }
}
