// SPDX-License-Identifier: Apache-2.0

import Events

/// Takes events one by one and lays out any number of the first of them as columns.
///
/// Numbers are kept event by event until they are written: a batch that came out too long is written again with fewer
/// events, without reading a payload twice.
struct ColumnWriter {
    /// How far everything had grown after one event.
    struct Mark {
        var family: Int32 = 0
        /// Where the event's numbers start.
        var values: Int32 = 0
        var topics: Int32 = 0
        var templates: Int32 = 0
        var families: Int32 = 0
        var columns: Int32 = 0
        var templateBytes: Int32 = 0
        var text: Int32 = 0
        /// A guess at the compressed size of all events so far, in 16ths of a bit.
        var estimate: Int = 0
    }

    var model = BatchModel()
    var marks: [Mark] = []
    /// Per event: topic, template, attributes, time, and what its slots have.
    var values: [UInt64] = []
    var templateBytes: [UInt8] = []
    var text: [UInt8] = []
    /// Where the topics' bytes lie in the block.
    var topicRanges: [Range<Int>] = []
    // Scratch of writing.
    var order: [Int32] = []
    var starts: [Int32] = []
    var columnBytes: [UInt8] = []

    var topicIndex = HashIndex()
    var templateIndex = HashIndex()
    var textIndex = HashIndex()
    var templateRanges: [Range<Int>] = []
    var tokenizer = Tokenizer()

    mutating func reset(baseTime: Int64) {
        model.reset(baseTime: baseTime)
        marks.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        templateBytes.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
        topicRanges.removeAll(keepingCapacity: true)
        templateRanges.removeAll(keepingCapacity: true)
        topicIndex.removeAll()
        templateIndex.removeAll()
        textIndex.removeAll()
    }

    /// Adds one event; false where a bound of the format stands against it and nothing was added.
    mutating func add(_ record: EventBlock.Record, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let start = values.count
        let before = (text.count, templateBytes.count, topicRanges.count)
        let topicBytes = UnsafeBufferPointer(rebasing: bytes[record.topic])
        let topic = findTopic(record.topic, topicBytes, bytes)
        let payload = UnsafeBufferPointer(rebasing: bytes[record.payload])
        let template = findTemplate(payload, topic: topic, timestamp: record.timestamp)
        let family = model.table.templates[template].family
        guard model.hasRoom(forFamily: family) else {
            values.removeLast(values.count - start)
            return false
        }
        let stream = model.stream(topic: topic, family: family)
        writeAttributes(UnsafeBufferPointer(rebasing: bytes[record.attributes]), topic: topic, topicBytes)
        writeSlots(payload, stream: stream, topicBytes, timestamp: record.timestamp)
        model.finishEvent(topic: topic, template: template, time: record.timestamp)
        mark(family: family, start: start, before: before)
        return true
    }

    private mutating func mark(family: Int, start: Int, before: (text: Int, templates: Int, topics: Int)) {
        var estimate = marks.last?.estimate ?? 0
        for value in values[start...] where value != 0 {
            estimate += (64 - value.leadingZeroBitCount) << 4 + 44
        }
        estimate += (text.count - before.text) * 100 + (templateBytes.count - before.templates) * 64
        estimate += (topicRanges.count - before.topics) * 640 + 32
        marks.append(
            Mark(
                family: Int32(family),
                values: Int32(start),
                topics: Int32(topicRanges.count),
                templates: Int32(model.table.templates.count),
                families: Int32(model.table.families.count),
                columns: Int32(model.table.columns),
                templateBytes: Int32(templateBytes.count),
                text: Int32(text.count),
                estimate: estimate
            )
        )
    }
}
