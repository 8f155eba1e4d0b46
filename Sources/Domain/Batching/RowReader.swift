// SPDX-License-Identifier: Apache-2.0

import Events

/// Turns rows back into events.
struct RowReader {
    /// One event, and where its parts end.
    struct Row {
        var topic: UnsafeBufferPointer<UInt8>
        /// Whether the topic is written out.
        var namesTopic: Bool
        var topicEnd: Int
        var time: Int64
        var timeEnd: Int
        var attributes: UnsafeBufferPointer<UInt8>
        var attributesEnd: Int
        var payload: UnsafeBufferPointer<UInt8>
    }

    private var reader: ByteReader
    private let header: BatchHeader
    private var topic: UnsafeBufferPointer<UInt8>
    private var time: Int64

    init(_ bytes: UnsafeBufferPointer<UInt8>, header: BatchHeader) {
        reader = ByteReader(bytes)
        self.header = header
        topic = UnsafeBufferPointer(rebasing: bytes[0..<0])
        time = header.baseTime
    }

    /// Bytes that were read.
    var position: Int { reader.position }

    /// Reads all events and appends them to `block`.
    mutating func read(maximumBytes: Int, into block: inout EventBlock) throws(BatchFault) {
        var room = maximumBytes
        for index in 0..<header.count {
            let row = try next()
            room -= row.topic.count + row.attributes.count + row.payload.count
            guard room >= 0 else { throw .tooLarge("events") }
            block.append(
                sequence: header.firstSequence &+ UInt64(index),
                timestamp: row.time,
                topic: UnsafeRawBufferPointer(row.topic).bytes,
                attributes: UnsafeRawBufferPointer(row.attributes).bytes,
                payload: UnsafeRawBufferPointer(row.payload).bytes
            )
        }
        guard reader.remaining == 0 else { throw .malformed("bytes after the last event") }
    }

    /// Reads one event, as ``RowForm`` writes it.
    mutating func next() throws(BatchFault) -> Row {
        let tag = try reader.varint()
        if tag > 1 {
            guard tag >> 1 <= 65_536 else { throw .malformed("topic length") }
            topic = try reader.slice(Int(tag >> 1) - 1)
        }
        let topicEnd = reader.position
        time = time &+ Varint.unzigzag(try reader.varint())
        let timeEnd = reader.position
        let attributes = try reader.slice(tag & 1 == 0 ? 0 : reader.count(upTo: reader.remaining))
        let attributesEnd = reader.position
        let payload = try reader.slice(reader.count(upTo: reader.remaining))
        return Row(
            topic: topic,
            namesTopic: tag > 1,
            topicEnd: topicEnd,
            time: time,
            timeEnd: timeEnd,
            attributes: attributes,
            attributesEnd: attributesEnd,
            payload: payload
        )
    }
}
