// SPDX-License-Identifier: Apache-2.0

/// Events side by side in one buffer: what ingest hands to the store, the store to batching, and a hub to its readers.
///
/// One event's bytes lie together as `topic | attributes | payload`, so that a block costs two allocations however many
/// events it holds, and a row is copied with one call. Bytes are exactly what the device sent.
package struct EventBlock: Sendable {
    /// Where one event lies, and what is not bytes.
    package struct Record: Sendable {
        /// The sequence within its lane, or 0 before the store gave it one.
        package var sequence: UInt64
        /// Milliseconds since 1970-01-01T00:00:00Z by the clock of the node that took the event.
        package var timestamp: Int64
        /// Where the topic starts in ``EventBlock/bytes``.
        package var offset: UInt32
        package var payloadLength: UInt32
        package var attributesLength: UInt32
        package var topicLength: UInt16
        /// What the store files the event under; meaningless in a block that came out of a batch.
        package var eventClass: EventClass

        package var topic: Range<Int> { Int(offset)..<Int(offset) + Int(topicLength) }
        package var attributes: Range<Int> { topic.upperBound..<topic.upperBound + Int(attributesLength) }
        package var payload: Range<Int> { attributes.upperBound..<attributes.upperBound + Int(payloadLength) }
        /// Topic, attributes and payload.
        package var all: Range<Int> { topic.lowerBound..<payload.upperBound }
    }

    /// The bytes of all events, in order of ``records``.
    package private(set) var bytes: [UInt8] = []
    package private(set) var records: [Record] = []

    package init() {}

    package init(reservingBytes byteCount: Int, records recordCount: Int) {
        bytes.reserveCapacity(byteCount)
        records.reserveCapacity(recordCount)
    }

    package var count: Int { records.count }
    package var isEmpty: Bool { records.isEmpty }

    /// Adds one event.
    ///
    /// - Parameters:
    ///   - topic: UTF-8, at most 65,535 bytes (MQTT 5.0 section 1.5.4).
    ///   - attributes: as ``EventAttributes`` encodes them; empty for a plain QoS 1 event.
    package mutating func append(
        sequence: UInt64 = 0,
        timestamp: Int64,
        eventClass: EventClass = .normal,
        topic: RawSpan,
        attributes: RawSpan,
        payload: RawSpan
    ) {
        let record = Record(
            sequence: sequence,
            timestamp: timestamp,
            offset: UInt32(bytes.count),
            payloadLength: UInt32(payload.byteCount),
            attributesLength: UInt32(attributes.byteCount),
            topicLength: UInt16(topic.byteCount),
            eventClass: eventClass
        )
        topic.withUnsafeBytes { bytes.append(contentsOf: $0) }
        attributes.withUnsafeBytes { bytes.append(contentsOf: $0) }
        payload.withUnsafeBytes { bytes.append(contentsOf: $0) }
        records.append(record)
    }

    /// Adds one event whose bytes already lie together as `topic | attributes | payload`.
    package mutating func append(
        sequence: UInt64,
        timestamp: Int64,
        eventClass: EventClass,
        topicLength: Int,
        attributesLength: Int,
        all: RawSpan
    ) {
        records.append(
            Record(
                sequence: sequence,
                timestamp: timestamp,
                offset: UInt32(bytes.count),
                payloadLength: UInt32(all.byteCount - topicLength - attributesLength),
                attributesLength: UInt32(attributesLength),
                topicLength: UInt16(topicLength),
                eventClass: eventClass
            )
        )
        all.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    /// Adds one event of another block.
    ///
    /// - Parameters:
    ///   - sequence: its sequence here, where that is another.
    ///   - eventClass: its class here, where that is another.
    package mutating func append(
        _ record: Record,
        of block: EventBlock,
        sequence: UInt64? = nil,
        eventClass: EventClass? = nil
    ) {
        append(
            sequence: sequence ?? record.sequence,
            timestamp: record.timestamp,
            eventClass: eventClass ?? record.eventClass,
            topicLength: Int(record.topicLength),
            attributesLength: Int(record.attributesLength),
            all: block.bytes.span.bytes.extracting(record.all)
        )
    }

    /// Gives an event its sequence and class.
    package mutating func assign(sequence: UInt64, eventClass: EventClass, at index: Int) {
        records[index].sequence = sequence
        records[index].eventClass = eventClass
    }

    /// Empties the block and keeps its memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        records.removeAll(keepingCapacity: true)
    }
}
