// SPDX-License-Identifier: Apache-2.0

extension ColumnWriter {
    /// Roughly the bytes of the first `count` events.
    func estimate(_ count: Int) -> Int {
        let mark = marks[count - 1]
        let tables = Int(mark.templateBytes) - primerTemplateBytes + Int(mark.text) - primerText
        return mark.cost / 2_048 + tables * 3 / 4 + (Int(mark.topics) - primerTopics) * 8 + 4
    }

    /// Writes the topics, templates and texts that the first `count` events brought.
    mutating func writeTables(_ count: Int, into tables: inout [UInt8]) {
        let mark = marks[count - 1]
        tables.removeAll(keepingCapacity: true)
        guard Int(mark.topics) > primerTopics || Int(mark.templates) > primerTemplates || Int(mark.text) > primerText
        else { return }
        writeTopics(Int(mark.topics), into: &tables)
        Varint.append(UInt64(Int(mark.templates) - primerTemplates), to: &tables)
        tables.append(contentsOf: templateBytes[primerTemplateBytes..<Int(mark.templateBytes)])
        tables.append(contentsOf: model.text[primerText..<Int(mark.text)])
    }

    /// Each topic is how much it shares with the one before, how long the rest is, and the rest.
    private func writeTopics(_ count: Int, into tables: inout [UInt8]) {
        Varint.append(UInt64(count - primerTopics), to: &tables)
        for index in primerTopics..<count {
            let topic = model.topicBytes[model.topicRanges[index]]
            let last = index == 0 ? model.topicBytes[0..<0] : model.topicBytes[model.topicRanges[index - 1]]
            let shared = zip(last, topic).prefix { $0 == $1 }.count
            Varint.append(UInt64(shared), to: &tables)
            Varint.append(UInt64(topic.count - shared), to: &tables)
            tables.append(contentsOf: topic.dropFirst(shared))
        }
    }
}
