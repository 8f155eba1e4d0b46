// SPDX-License-Identifier: Apache-2.0

import Events

/// The body of a row: an event and all that is needed to file it again when nothing but the row is left (decision 16).
/// ```
/// +----------+--------+-----------+--------------+-----------+-------------------+-----------------------------+
/// | checksum | epoch  | timestamp | topic length | partition | attributes length | topic, attributes, payload  |
/// |    4     |   8    |     8     |      2       |  varint   |      varint       |                             |
/// +----------+--------+-----------+--------------+-----------+-------------------+-----------------------------+
/// ```
/// Integers are big-endian, varints LEB128. The sequence is the row's key. The checksum is the low half of the XXH64 of
/// all that follows it, seeded with the sequence.
enum RowFormat {
    /// The longest head: fixed fields and two varints of 32 bits.
    static let maximumHead = 32

    /// What a body says.
    struct Row {
        var lane: Lane
        var timestamp: Int64
        var topicLength: Int
        var attributesLength: Int
        /// Where topic, attributes and payload lie in the body.
        var all: Range<Int>
    }

    /// Writes a body to `output`, which has room for the head and the event; returns its length.
    static func encode(
        _ record: EventBlock.Record,
        of event: UnsafeRawBufferPointer,
        lane: Lane,
        sequence: UInt64,
        to output: UnsafeMutableRawBufferPointer
    ) -> Int {
        output.storeBytes(of: lane.epoch.bigEndian, toByteOffset: 4, as: UInt64.self)
        output.storeBytes(of: record.timestamp.bigEndian, toByteOffset: 12, as: Int64.self)
        output.storeBytes(of: record.topicLength.bigEndian, toByteOffset: 20, as: UInt16.self)
        var position = 22
        put(lane.partition.number, to: output, &position)
        put(record.attributesLength, to: output, &position)
        UnsafeMutableRawBufferPointer(rebasing: output[position...]).copyMemory(from: event)
        let count = position + event.count
        let checksum = checksum(UnsafeRawBufferPointer(rebasing: output[4..<count]), sequence: sequence)
        output.storeBytes(of: checksum.bigEndian, toByteOffset: 0, as: UInt32.self)
        return count
    }

    /// Nil when the body is damaged or belongs to another sequence.
    static func decode(_ body: UnsafeRawBufferPointer, sequence: UInt64) -> Row? {
        guard body.count >= 24 else { return nil }
        let found = UInt32(bigEndian: body.loadUnaligned(as: UInt32.self))
        guard found == checksum(UnsafeRawBufferPointer(rebasing: body[4...]), sequence: sequence) else { return nil }
        let topicLength = Int(UInt16(bigEndian: body.loadUnaligned(fromByteOffset: 20, as: UInt16.self)))
        var position = 22
        guard let partition = take(from: body, &position), let attributesLength = take(from: body, &position),
            body.count - position >= topicLength + Int(attributesLength)
        else { return nil }
        let epoch = UInt64(bigEndian: body.loadUnaligned(fromByteOffset: 4, as: UInt64.self))
        return Row(
            lane: Lane(epoch: epoch, partition: Partition(number: partition)),
            timestamp: Int64(bigEndian: body.loadUnaligned(fromByteOffset: 12, as: Int64.self)),
            topicLength: topicLength,
            attributesLength: Int(attributesLength),
            all: position..<body.count
        )
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer, sequence: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: XXHash64.hash(bytes, seed: sequence))
    }

    private static func put(_ value: UInt32, to output: UnsafeMutableRawBufferPointer, _ position: inout Int) {
        var value = value
        while value >= 0x80 {
            output[position] = UInt8(truncatingIfNeeded: value) | 0x80
            position += 1
            value >>= 7
        }
        output[position] = UInt8(truncatingIfNeeded: value)
        position += 1
    }

    static func take(from body: UnsafeRawBufferPointer, _ position: inout Int) -> UInt32? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 35, by: 7) {
            guard position < body.count else { return nil }
            let byte = body[position]
            position += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return UInt32(exactly: value) }
        }
        return nil
    }
}
