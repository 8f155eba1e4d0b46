// SPDX-License-Identifier: Apache-2.0

package import Events

/// A batch without compression, for tests of what stores batches and does not care how they are made.
///
/// The first sequence and the count, then per event timestamp, three lengths and the bytes; little-endian words.
package enum PlainBatch {
    package static func encode(_ block: EventBlock) -> [UInt8] {
        var out: [UInt8] = []
        func put(_ value: Int64) { withUnsafeBytes(of: value.littleEndian) { out.append(contentsOf: $0) } }
        put(Int64(bitPattern: block.records.first?.sequence ?? 0))
        put(Int64(block.count))
        for record in block.records {
            put(record.timestamp)
            put(Int64(record.topicLength))
            put(Int64(record.attributesLength))
            put(Int64(record.payloadLength))
            out.append(contentsOf: block.bytes[record.all])
        }
        return out
    }

    /// Appends the events to `block`; false when the bytes are not a batch.
    package static func decode(_ batch: [UInt8], into block: inout EventBlock) -> Bool {
        var position = 0
        func word() -> Int64? {
            guard batch.count - position >= 8 else { return nil }
            defer { position += 8 }
            return batch.withUnsafeBytes {
                Int64(littleEndian: $0.loadUnaligned(fromByteOffset: position, as: Int64.self))
            }
        }
        guard let first = word(), let count = word(), count >= 0 else { return false }
        for index in 0..<count {
            guard let timestamp = word(), let topic = word(), let attributes = word(), let payload = word(),
                topic >= 0, attributes >= 0, payload >= 0
            else { return false }
            let length = Int(topic &+ attributes &+ payload)
            guard length >= 0, length <= batch.count - position else { return false }
            block.append(
                sequence: UInt64(bitPattern: first &+ index),
                timestamp: timestamp,
                eventClass: .normal,
                topicLength: Int(topic),
                attributesLength: Int(attributes),
                all: batch.span.bytes.extracting(position..<position + length)
            )
            position += length
        }
        return position == batch.count
    }
}
