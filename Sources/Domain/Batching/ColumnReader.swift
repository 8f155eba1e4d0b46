// SPDX-License-Identifier: Apache-2.0

import Events

/// Turns columns back into events.
struct ColumnReader {
    var model = BatchModel()
    /// One cursor for each column: the common ones, then those of each family.
    var columns: [ByteReader] = []
    private var topicBytes: [UInt8] = []
    private var topicRanges: [Range<Int>] = []
    /// The event that is being put together: topic, attributes, payload.
    var event: [UInt8] = []
    private var knownTopics = 0
    private var knownTemplates = 0

    /// Reads `header.count` events and appends them to `block`.
    mutating func read(
        _ body: UnsafeBufferPointer<UInt8>,
        header: BatchHeader,
        maximumBytes: Int,
        into block: inout EventBlock
    ) throws(BatchFault) {
        model.reset(baseTime: header.baseTime)
        knownTopics = 0
        knownTemplates = 0
        var reader = ByteReader(body)
        try readTopics(&reader, maximumBytes: maximumBytes, count: header.count)
        for _ in 0..<(try reader.count(upTo: min(header.count, BatchFormat.maximumTemplates))) {
            try model.table.add(&reader)
        }
        try readColumns(&reader)
        var text = TextSection(try reader.slice(reader.remaining))
        var room = maximumBytes
        for index in 0..<header.count {
            let event = try readEvent(&text, room: room)
            room -= self.event.count
            block.append(
                sequence: header.firstSequence &+ UInt64(index),
                timestamp: event.time,
                eventClass: .normal,
                topicLength: event.topicLength,
                attributesLength: event.attributesLength,
                all: self.event.span.bytes
            )
        }
        guard text.isUsedUp, columns.allSatisfy({ $0.remaining == 0 }) else {
            throw .malformed("bytes that no event uses")
        }
    }

    private mutating func readTopics(
        _ reader: inout ByteReader,
        maximumBytes: Int,
        count: Int
    ) throws(BatchFault) {
        topicBytes.removeAll(keepingCapacity: true)
        topicRanges.removeAll(keepingCapacity: true)
        for _ in 0..<(try reader.count(upTo: count)) {
            let last = topicRanges.last ?? 0..<0
            let shared = last.prefix(try reader.count(upTo: last.count))
            let rest = try reader.slice(reader.count(upTo: 65_535 - shared.count))
            guard topicBytes.count + shared.count + rest.count <= maximumBytes else { throw .tooLarge("topics") }
            let start = topicBytes.count
            topicBytes.append(contentsOf: topicBytes[shared])
            topicBytes.append(contentsOf: rest)
            topicRanges.append(start..<topicBytes.count)
        }
    }

    /// Reads the lengths of all columns, then the columns.
    private mutating func readColumns(_ reader: inout ByteReader) throws(BatchFault) {
        columns.removeAll(keepingCapacity: true)
        let count = BatchFormat.commonColumns + model.table.columns
        var lengths = reader
        for _ in 0..<count { _ = try reader.count(upTo: reader.remaining) }
        for _ in 0..<count {
            let slice = try reader.slice(lengths.count(upTo: reader.remaining))
            columns.append(ByteReader(slice))
        }
    }

    /// The next number of a column; zeros at its end are not written.
    @inline(__always)
    mutating func next(_ column: Int) throws(BatchFault) -> UInt64 {
        columns[column].remaining == 0 ? 0 : try columns[column].varint()
    }

    /// A reference to a table that grows by one when its end is named.
    private mutating func reference(_ column: Int, predicted: Int, known: Int, limit: Int) throws(BatchFault) -> Int {
        let code = try next(column)
        let index = code == 0 ? UInt64(predicted) : code - 1
        guard index <= UInt64(known), index < UInt64(limit) else { throw .malformed("reference beyond its table") }
        return Int(index)
    }

    private mutating func readEvent(
        _ text: inout TextSection,
        room: Int
    ) throws(BatchFault) -> (time: Int64, topicLength: Int, attributesLength: Int) {
        let topic = try reference(0, predicted: model.predictedTopic, known: knownTopics, limit: topicRanges.count)
        if topic == knownTopics {
            knownTopics += 1
            model.topics.append(BatchModel.Topic())
        }
        let template = try reference(
            1,
            predicted: model.predictedTemplate(topic: topic),
            known: knownTemplates,
            limit: model.table.templates.count
        )
        if template == knownTemplates {
            knownTemplates += 1
            model.growShared(upTo: template)
        }
        let topicLength = topicRanges[topic].count
        event.removeAll(keepingCapacity: true)
        event.append(contentsOf: topicBytes[topicRanges[topic]])
        var cell = model.topics[topic].attributes
        try readText(2, &cell, &text, topicLength: topicLength)
        model.topics[topic].attributes = cell
        let attributesLength = event.count - topicLength
        let family = model.table.templates[template].family
        guard model.hasRoom(forFamily: family) else { throw .malformed("too many cells") }
        let stream = model.stream(topic: topic, family: family)
        let time = try readSlots(
            model.table.templates[template],
            stream,
            &text,
            topicLength: topicLength,
            room: room
        )
        model.finishEvent(topic: topic, template: template, time: time)
        guard event.count <= room else { throw .tooLarge("events") }
        return (time, topicLength, attributesLength)
    }
}
