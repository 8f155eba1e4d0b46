// SPDX-License-Identifier: Apache-2.0

/// What both ends know after each event of a batch, and predict the next one from.
struct BatchModel {
    struct Topic {
        /// The first of its streams, or -1.
        var stream: Int32 = -1
        /// The template of its last event, or -1.
        var template: Int32 = -1
        /// The topic that came after it last, or -1.
        var successor: Int32 = -1
        var attributes = TextCell()
    }

    /// The cells of one topic and one family.
    struct Stream {
        var family: Int32
        /// The next stream of the topic, or -1.
        var next: Int32
        var firstNumber: Int32
        var firstText: Int32
        var firstByte: Int32
    }

    var table = TemplateTable()
    var topics: [Topic] = []
    var streams: [Stream] = []
    var numbers: [NumberCell] = []
    var texts: [TextCell] = []
    var bytes: [ByteCell] = []
    var shared: [SharedNumber] = []
    /// Texts that slots can name again.
    var dictionary: [TextCell] = []
    private(set) var lastTopic: Int32 = -1
    private(set) var lastTemplate: Int32 = -1
    /// The time of the last event, or of the header before there is one.
    private(set) var lastTime: Int64 = 0

    mutating func reset(baseTime: Int64) {
        table.removeAll()
        topics.removeAll(keepingCapacity: true)
        streams.removeAll(keepingCapacity: true)
        numbers.removeAll(keepingCapacity: true)
        texts.removeAll(keepingCapacity: true)
        bytes.removeAll(keepingCapacity: true)
        shared.removeAll(keepingCapacity: true)
        dictionary.removeAll(keepingCapacity: true)
        lastTopic = -1
        lastTemplate = -1
        lastTime = baseTime
    }

    /// The topic to expect: what followed the last one before, else a new one.
    var predictedTopic: Int {
        let successor = lastTopic < 0 ? -1 : topics[Int(lastTopic)].successor
        return successor < 0 ? topics.count : Int(successor)
    }

    /// The template to expect: the topic's last, else the batch's last, else a new one.
    func predictedTemplate(topic: Int) -> Int {
        let template = topics[topic].template
        return template >= 0 ? Int(template) : lastTemplate >= 0 ? Int(lastTemplate) : 0
    }

    /// Cells in use, of all kinds.
    var cells: Int { numbers.count + texts.count + bytes.count }

    /// Makes the shared numbers of a template's family where it is new; its clock starts at the time of the last event.
    mutating func growShared(upTo template: Int) {
        let family = table.families[table.templates[template].family]
        guard shared.count == family.firstNumber else { return }
        let clock = family.clock.map { 1 + number(of: $0, in: family) }
        for index in 0..<family.numbers {
            shared.append(SharedNumber(value: index == clock ? family.unit.value(milliseconds: lastTime) : 0))
        }
    }

    /// The stream of a topic and a family, made where there is none.
    @inline(__always)
    mutating func stream(topic: Int, family: Int) -> Stream {
        var index = topics[topic].stream
        while index >= 0 {
            let stream = streams[Int(index)]
            if stream.family == Int32(family) { return stream }
            index = stream.next
        }
        return addStream(topic: topic, family: family)
    }

    /// Whether another stream of this family would pass the bounds.
    func hasRoom(forFamily family: Int) -> Bool {
        let family = table.families[family]
        return cells + family.numbers + family.texts + family.bytes <= BatchFormat.maximumCells
    }

    private mutating func addStream(topic: Int, family index: Int) -> Stream {
        let family = table.families[index]
        let stream = Stream(
            family: Int32(index),
            next: topics[topic].stream,
            firstNumber: Int32(numbers.count),
            firstText: Int32(texts.count),
            firstByte: Int32(bytes.count)
        )
        for number in 0..<family.numbers {
            var cell = NumberCell()
            cell.scale = shared[family.firstNumber + number].scale
            cell.padding = shared[family.firstNumber + number].padding
            numbers.append(cell)
        }
        texts.append(contentsOf: repeatElement(TextCell(), count: family.texts))
        bytes.append(contentsOf: repeatElement(ByteCell(), count: family.bytes))
        topics[topic].stream = Int32(streams.count)
        streams.append(stream)
        return stream
    }

    /// The index of a slot's number among the numbers of the family's slots.
    private func number(of slot: Int, in family: Family) -> Int {
        var count = 0
        for step in family.slots.prefix(slot) {
            switch table.steps[step].kind {
            case .decimal, .time: count += 1
            default: continue
            }
        }
        return count
    }

    @inline(__always)
    mutating func finishEvent(topic: Int, template: Int, time: Int64) {
        if lastTopic >= 0 { topics[Int(lastTopic)].successor = Int32(topic) }
        topics[topic].template = Int32(template)
        lastTopic = Int32(topic)
        lastTemplate = Int32(template)
        lastTime = time
    }

    /// Remembers a literal text, if there is room.
    mutating func remember(_ text: TextCell) {
        guard text.length > 0, text.length <= BatchFormat.maximumDictionaryText else { return }
        if dictionary.count < BatchFormat.maximumEvents { dictionary.append(text) }
    }
}
