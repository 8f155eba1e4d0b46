// SPDX-License-Identifier: Apache-2.0

import Events

/// Events one after the other, hardly longer than their bytes: what a batch holds where columns do not pay.
enum RowForm {
    /// Appends events, one after the other.
    static func append(
        _ records: some Sequence<EventBlock.Record>,
        baseTime: Int64,
        of bytes: UnsafeBufferPointer<UInt8>,
        to body: inout [UInt8]
    ) {
        var last: EventBlock.Record?
        for record in records {
            append(record, after: last, baseTime: baseTime, of: bytes, to: &body)
            last = record
        }
    }

    /// Appends one event; `last` is the one before it in the batch.
    ///
    /// The tag is twice one more than the topic's length, or zero where the topic is that of the event before, plus one
    /// where attributes follow.
    private static func append(
        _ record: EventBlock.Record,
        after last: EventBlock.Record?,
        baseTime: Int64,
        of bytes: UnsafeBufferPointer<UInt8>,
        to body: inout [UInt8]
    ) {
        let isSame = last.map { ColumnWriter.equal(bytes, $0.topic, rebased(bytes, record.topic)) } ?? false
        let hasAttributes: UInt64 = record.attributesLength > 0 ? 1 : 0
        Varint.append((isSame ? 0 : UInt64(record.topicLength) + 1) << 1 | hasAttributes, to: &body)
        if !isSame { body.append(contentsOf: rebased(bytes, record.topic)) }
        Varint.append(Varint.zigzag(record.timestamp &- (last?.timestamp ?? baseTime)), to: &body)
        if hasAttributes == 1 {
            Varint.append(UInt64(record.attributesLength), to: &body)
            body.append(contentsOf: rebased(bytes, record.attributes))
        }
        Varint.append(UInt64(record.payloadLength), to: &body)
        body.append(contentsOf: rebased(bytes, record.payload))
    }

    private static func rebased(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ range: Range<Int>
    ) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: bytes[range])
    }
}
