// SPDX-License-Identifier: Apache-2.0

import Events

/// Takes events one by one and lays out any number of the first of them as columns.
///
/// Codes are kept event by event until they are written: a batch that came out too long is written again with fewer
/// events, without reading a payload twice.
struct ColumnWriter {
    /// How far everything had grown after one event.
    struct Mark {
        /// Where the event's codes end.
        var codes: Int32 = 0
        var topics: Int32 = 0
        var templates: Int32 = 0
        var templateBytes: Int32 = 0
        var text: Int32 = 0
        /// Roughly the size of the codes of all events so far, in 256ths of a bit.
        var cost: Int = 0
    }

    var model = BatchModel()
    var marks: [Mark] = []
    var codes = CodeList()
    var templateBytes: [UInt8] = []
    /// Templates that may be learned.
    var templateLimit = BatchFormat.maximumNewTemplates
    // What the primer brought.
    var primerTopics = 0
    var primerTemplates = 0
    var primerTemplateBytes = 0
    var primerText = 0
    var topicIndex = HashIndex()
    var templateIndex = HashIndex()
    var textIndex = HashIndex()
    var templateRanges: [Range<Int>] = []
    var tokenizer = Tokenizer()

    /// The time that all times are relative to.
    private(set) var baseTime: Int64 = 0

    /// What a batch without a primer starts from.
    static let empty = ColumnWriter()

    mutating func reset(baseTime: Int64, start: ColumnWriter) {
        marks.removeAll(keepingCapacity: true)
        codes.removeAll()
        self.baseTime = baseTime
        model.reset(to: start.model)
        templateBytes = start.templateBytes
        templateRanges = start.templateRanges
        topicIndex = start.topicIndex
        templateIndex = start.templateIndex
        textIndex = start.textIndex
        primerTopics = model.topics.count
        primerTemplates = model.table.templates.count
        primerTemplateBytes = templateBytes.count
        primerText = model.text.count
    }

    /// Ends the samples of a primer: what follows starts at their end.
    mutating func finishPrimer() {
        var codeWriter = CodeWriter()
        var body: [UInt8] = []
        model.runs = codeWriter.write(codes, count: codes.count, runs: model.runs, into: &body)
        model.finishPrimer()
        codes.removeAll()
        marks.removeAll()
    }

    /// Adds one event; false where a bound of the format stands against it and nothing was added.
    mutating func add(_ record: EventBlock.Record, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = codes.count
        let topicBytes = UnsafeBufferPointer(rebasing: bytes[record.topic])
        let topic = findTopic(topicBytes)
        let payload = UnsafeBufferPointer(rebasing: bytes[record.payload])
        let template = findTemplate(payload, topic: topic, timestamp: record.timestamp)
        let family = model.table.templates[template].family
        guard model.hasRoom(forFamily: family) else {
            codes.removeLast(codes.count - start)
            return false
        }
        let stream = model.stream(topic: topic, family: family)
        writeAttributes(UnsafeBufferPointer(rebasing: bytes[record.attributes]), topic: topic, topicBytes)
        writeSlots(payload, template: template, stream: stream, topicBytes, timestamp: record.timestamp)
        model.finishEvent(topic: topic, template: template, time: record.timestamp &- baseTime)
        marks.append(
            Mark(
                codes: Int32(codes.count),
                topics: Int32(model.topics.count),
                templates: Int32(model.table.templates.count),
                templateBytes: Int32(templateBytes.count),
                text: Int32(model.text.count),
                cost: codes.cost
            )
        )
        return true
    }
}
