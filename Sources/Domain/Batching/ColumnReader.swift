// SPDX-License-Identifier: Apache-2.0

import Events

/// Turns columns back into events.
struct ColumnReader {
    var model = BatchModel()
    /// The event that is being put together: topic, attributes, payload.
    var event: [UInt8] = []
    /// The time that all times are relative to.
    var baseTime: Int64 = 0
    private var knownTemplates = 0
    /// Where the literal text that was not used yet begins.
    var textPosition = 0
    /// Bytes of the tables that name topics and templates; texts are the rest.
    private(set) var topicTableLength = 0
    private(set) var templateTableLength = 0

    /// Reads `header.count` events and appends them to `block`.
    ///
    /// - Parameters:
    ///   - tables: what the batch brought of topics, templates and texts.
    ///   - bits: the codes.
    mutating func read(
        tables: UnsafeBufferPointer<UInt8>,
        bits: UnsafeBufferPointer<UInt8>,
        header: BatchHeader,
        start: BatchModel?,
        maximumBytes: Int,
        into block: inout EventBlock
    ) throws(BatchFault) {
        try begin(tables: tables, header: header, start: start, maximumBytes: maximumBytes)
        var codes = CodeReader(bits, runs: model.runs)
        try readEvents(&codes, header: header, maximumBytes: maximumBytes, into: &block)
    }

    /// Takes up what the batch brought, on top of what its primer knows.
    mutating func begin(
        tables: UnsafeBufferPointer<UInt8>,
        header: BatchHeader,
        start: BatchModel?,
        maximumBytes: Int
    ) throws(BatchFault) {
        model.reset(to: start ?? .empty)
        baseTime = header.baseTime
        knownTemplates = model.table.templates.count
        textPosition = model.text.count
        topicTableLength = 0
        templateTableLength = 0
        try readTables(tables, header, maximumBytes: maximumBytes)
    }

    mutating func readEvents(
        _ codes: inout some CodeSource,
        header: BatchHeader,
        maximumBytes: Int,
        into block: inout EventBlock
    ) throws(BatchFault) {
        var room = maximumBytes
        for index in 0..<header.count {
            let event = try readEvent(&codes, room: room)
            room -= self.event.count
            block.append(
                sequence: header.firstSequence &+ UInt64(index),
                timestamp: event.time &+ baseTime,
                eventClass: .normal,
                topicLength: event.topicLength,
                attributesLength: event.attributesLength,
                all: self.event.span.bytes
            )
        }
        guard textPosition == model.text.count, codes.isUsedUp else { throw .malformed("bytes that no event uses") }
    }

    private mutating func readTables(
        _ tables: UnsafeBufferPointer<UInt8>,
        _ header: BatchHeader,
        maximumBytes: Int
    ) throws(BatchFault) {
        guard !tables.isEmpty else { return }
        var reader = ByteReader(tables)
        try readTopics(&reader, maximumBytes: maximumBytes, count: header.count)
        topicTableLength = reader.position
        for _ in 0..<(try reader.count(upTo: header.count)) { try model.table.add(&reader) }
        templateTableLength = reader.position - topicTableLength
        guard reader.remaining <= Int(Int32.max) - model.text.count else { throw .tooLarge("texts") }
        model.text.append(contentsOf: try reader.slice(reader.remaining))
    }

    private mutating func readTopics(
        _ reader: inout ByteReader,
        maximumBytes: Int,
        count: Int
    ) throws(BatchFault) {
        var room = maximumBytes
        for _ in 0..<(try reader.count(upTo: count)) {
            let last = model.topicRanges.last ?? 0..<0
            let shared = last.prefix(try reader.count(upTo: last.count))
            let rest = try reader.slice(reader.count(upTo: 65_535 - shared.count))
            room -= shared.count + rest.count
            guard room >= 0 else { throw .tooLarge("topics") }
            model.addTopicName(shared: shared, rest: rest)
        }
    }

    /// A reference to a table that grows by one when its end is named.
    private func reference(
        _ code: UInt64,
        predicted: Int,
        known: Int,
        limit: Int
    ) throws(BatchFault) -> Int {
        let index = code == 0 ? UInt64(predicted) : code - 1
        guard index <= UInt64(known), index < UInt64(limit) else { throw .malformed("reference beyond its table") }
        return Int(index)
    }

    private mutating func readEvent(
        _ codes: inout some CodeSource,
        room: Int
    ) throws(BatchFault) -> (time: Int64, topicLength: Int, attributesLength: Int) {
        codes.enter(.topic)
        let topic = try model.topic(code: codes.next(&model.topicLevel))
        if topic == model.topics.count {
            guard topic < model.topicRanges.count else { throw .malformed("topic beyond its table") }
            model.topics.append(BatchModel.Topic())
        }
        codes.enter(.template)
        let template = try reference(
            codes.next(&model.templateLevel),
            predicted: model.predictedTemplate(topic: topic),
            known: knownTemplates,
            limit: model.table.templates.count
        )
        if template == knownTemplates {
            knownTemplates += 1
            model.growShared(upTo: template)
        }
        codes.note(topic: topic, template: template)
        let topicLength = model.topicRanges[topic].count
        event.removeAll(keepingCapacity: true)
        event.append(contentsOf: model.topicBytes[model.topicRanges[topic]])
        codes.enter(.attributes)
        let code = try codes.next(&model.attributesLevel)
        var cell = model.topics[topic].attributes
        try readText(code, &cell, topicLength: topicLength)
        model.topics[topic].attributes = cell
        let attributesLength = event.count - topicLength
        let family = model.table.templates[template].family
        guard model.hasRoom(forFamily: family) else { throw .malformed("too many cells") }
        let stream = model.stream(topic: topic, family: family)
        let time = try readSlots(
            template,
            stream,
            &codes,
            topicLength: topicLength,
            room: room
        )
        model.finishEvent(topic: topic, template: template, time: time)
        guard event.count <= room else { throw .tooLarge("events") }
        return (time, topicLength, attributesLength)
    }
}
