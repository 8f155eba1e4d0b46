// SPDX-License-Identifier: Apache-2.0

import Glibc

extension ColumnWriter {
    mutating func findTopic(_ topic: UnsafeBufferPointer<UInt8>) -> Int {
        let hash = HashIndex.hash(topic)
        let index = topicIndex.find(hash) { equalsTopic($0, topic) } ?? model.topicRanges.count
        if index == model.topicRanges.count {
            topicIndex.insert(index, hash: hash)
            model.addTopic(topic)
        }
        codes.append(model.topicCode(index), &model.topicLevel)
        return index
    }

    private func equalsTopic(_ index: Int, _ topic: UnsafeBufferPointer<UInt8>) -> Bool {
        model.topicBytes.withUnsafeBufferPointer { Self.equal($0, model.topicRanges[index], topic) }
    }

    mutating func findTemplate(
        _ payload: UnsafeBufferPointer<UInt8>,
        topic: Int,
        timestamp: Int64
    ) -> Int {
        if isBinary(payload, topic: topic) { tokenizer.takeBytes(payload) } else { tokenizer.split(payload) }
        let predicted = model.predictedTemplate(topic: topic)
        let index = knownTemplate() ?? newTemplate(payload, timestamp: timestamp)
        codes.append(index == predicted ? 0 : UInt64(index + 1), &model.templateLevel)
        return index
    }

    private func isBinary(_ payload: UnsafeBufferPointer<UInt8>, topic: Int) -> Bool {
        guard !payload.isEmpty, payload.count <= BatchFormat.maximumFixedBytes else { return false }
        let last = model.topics[topic].template
        if last >= 0, let slot = model.table.templates[Int(last)].slots.first {
            let step = model.table.steps[slot]
            if step.kind == .bytes { return Int(step.parameter) == payload.count }
        }
        return payload.contains { $0 >= 0xF8 || ($0 < 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09) }
    }

    private func knownTemplate() -> Int? {
        tokenizer.shape.withUnsafeBufferPointer { shape in
            templateIndex.find(HashIndex.hash(shape)) { index in
                templateBytes.withUnsafeBufferPointer { Self.equal($0, templateRanges[index], shape) }
            }
        }
    }

    /// Learns the shape; where shapes never come back, the whole payload becomes one text.
    private mutating func newTemplate(_ payload: UnsafeBufferPointer<UInt8>, timestamp: Int64) -> Int {
        let count = model.table.templates.count - primerTemplates
        let isUseful = count < 16 || (count * 2 < marks.count && count < templateLimit - 1)
        if !isUseful || !learnShape(timestamp: timestamp) {
            tokenizer.takeWhole(payload)
            if let known = knownTemplate() { return known }
            _ = learnShape(timestamp: timestamp)
        }
        return model.table.templates.count - 1
    }

    private mutating func learnShape(timestamp: Int64) -> Bool {
        let start = templateBytes.count
        templateBytes += tokenizer.shape
        templateRanges.append(start..<templateBytes.count)
        appendClock(timestamp)
        let added = templateBytes.withUnsafeBufferPointer { bytes in
            var reader = ByteReader(bytes, from: start, to: bytes.count)
            do throws(BatchFault) {
                try model.table.add(&reader)
                return true
            } catch {
                return false
            }
        }
        guard added else {
            templateRanges.removeLast()
            templateBytes.removeLast(templateBytes.count - start)
            return false
        }
        model.growShared(upTo: model.table.templates.count - 1)
        let hash = tokenizer.shape.withUnsafeBufferPointer { HashIndex.hash($0) }
        templateIndex.insert(model.table.templates.count - 1, hash: hash)
        return true
    }

    /// Names the first slot whose number is within a day of the time of the event.
    private mutating func appendClock(_ timestamp: Int64) {
        for (index, token) in tokenizer.tokens.enumerated() {
            guard let unit = token.clockUnit(near: timestamp) else { continue }
            Varint.append(UInt64(index + 1), to: &templateBytes)
            templateBytes.append(unit.rawValue)
            return
        }
        templateBytes.append(0)
    }

    @inline(__always)
    static func equal(
        _ bytes: UnsafeBufferPointer<UInt8>,
        _ range: Range<Int>,
        _ other: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        guard range.count == other.count else { return false }
        guard let left = bytes.baseAddress, let right = other.baseAddress else { return true }
        return memcmp(left + range.lowerBound, right, other.count) == 0
    }
}
