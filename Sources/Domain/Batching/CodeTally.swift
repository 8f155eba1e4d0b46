// SPDX-License-Identifier: Apache-2.0

/// Reads codes and keeps account of what they cost, column by column.
struct CodeTally: CodeSource {
    private var reader: CodeReader
    private var column = CodeColumn.topic
    private var slot = 0
    private(set) var topic = CodeCount()
    private(set) var template = CodeCount()
    private(set) var attributes = CodeCount()
    private(set) var time = CodeCount()
    /// By place in ``TemplateTable/steps``, up to the last one that was used.
    private var slots: [CodeCount] = []
    private var digits: [CodeCount] = []
    /// Events of each topic and of each template, up to the last one that was used.
    private var topicEvents: [Int] = []
    private var templateEvents: [Int] = []

    init(_ reader: CodeReader) {
        self.reader = reader
    }

    var isUsedUp: Bool { reader.isUsedUp }
    /// Bits that were read.
    var position: Int { reader.position }

    func slot(_ step: Int) -> CodeCount { step < slots.count ? slots[step] : CodeCount() }
    func digits(_ step: Int) -> CodeCount { step < digits.count ? digits[step] : CodeCount() }
    func events(ofTopic topic: Int) -> Int { topic < topicEvents.count ? topicEvents[topic] : 0 }
    func events(ofTemplate template: Int) -> Int { template < templateEvents.count ? templateEvents[template] : 0 }

    mutating func next(_ level: inout Level) throws(BatchFault) -> UInt64 {
        let start = reader.position
        let code = try reader.next(&level)
        let bits = reader.position - start
        switch column {
        case .topic: topic.add(code, bits: bits)
        case .template: template.add(code, bits: bits)
        case .attributes: attributes.add(code, bits: bits)
        case .time: time.add(code, bits: bits)
        case .slot: slots[slot].add(code, bits: bits)
        case .digits: digits[slot].add(code, bits: bits)
        }
        return code
    }

    mutating func enter(_ column: CodeColumn) {
        self.column = column
        guard case .slot(let step) = column else { return }
        slot = step
        Self.grow(&slots, past: step, with: CodeCount())
        Self.grow(&digits, past: step, with: CodeCount())
    }

    mutating func note(topic: Int, template: Int) {
        Self.grow(&topicEvents, past: topic, with: 0)
        topicEvents[topic] += 1
        Self.grow(&templateEvents, past: template, with: 0)
        templateEvents[template] += 1
    }

    private static func grow<Element>(_ array: inout [Element], past index: Int, with element: Element) {
        guard index >= array.count else { return }
        array.append(contentsOf: repeatElement(element, count: index + 1 - array.count))
    }
}
