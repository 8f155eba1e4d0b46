// SPDX-License-Identifier: Apache-2.0

/// What both ends know after each event of a batch, and predict the next one from.
struct BatchModel {
    struct Topic {
        /// The first of its streams, or -1.
        var stream: Int32 = -1
        /// The template of its last event, or -1.
        var template: Int32 = -1
        /// The topic that came after it last, or -1, and how often that was the same one as before, lately.
        private(set) var successor: Int32 = -1
        private(set) var hits: UInt8 = 0
        var attributes = TextCell()

        mutating func learn(successor topic: Int32) {
            hits = topic == successor ? min(hits + 1, 3) : 0
            successor = topic
        }
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
    var texts: [TextSlot] = []
    var bytes: [ByteCell] = []
    var shared: [SharedNumber] = []
    /// The stream of each family that was used last, or -1.
    var latest: [Int32] = []
    /// Texts that slots can name again.
    var dictionary: [TextCell] = []
    /// The names of all topics, and where each of them lies.
    var topicBytes: [UInt8] = []
    var topicRanges: [Range<Int>] = []
    /// The literal texts that cells refer to.
    var text: [UInt8] = []
    var order = TopicOrder()
    /// Of the codes that name topics, templates and attributes.
    var topicLevels = (Level(), Level(), Level())
    var templateLevel = Level()
    var attributesLevel = Level()
    /// What the number that is being coded may be.
    var predictions = SIMD16<Int64>()
    /// The numbers before in the same event.
    var references = References()
    /// Who speaks in this event.
    var key = ContextKey(template: 0)
    var numberContexts = NumberContexts()
    /// What byte cells predict from.
    var contexts = ByteContexts()
    var runs = Runs()
    private(set) var lastTopic: Int32 = -1
    private(set) var lastTemplate: Int32 = -1
    /// The time of the last event, relative to the header's.
    var lastTime: Int64 = 0

    /// What a batch without a primer starts from.
    static let empty = BatchModel()

    /// Starts a batch where the samples of a primer ended, keeping the memory that is there.
    mutating func reset(to start: BatchModel) {
        table = start.table
        Self.copy(start.topicBytes, to: &topicBytes)
        Self.copy(start.topicRanges, to: &topicRanges)
        Self.copy(start.text, to: &text)
        Self.copy(start.topics, to: &topics)
        Self.copy(start.streams, to: &streams)
        Self.copy(start.numbers, to: &numbers)
        Self.copy(start.texts, to: &texts)
        Self.copy(start.bytes, to: &bytes)
        Self.copy(start.shared, to: &shared)
        Self.copy(start.latest, to: &latest)
        Self.copy(start.dictionary, to: &dictionary)
        order.reset(to: start.order)
        topicLevels = start.topicLevels
        templateLevel = start.templateLevel
        attributesLevel = start.attributesLevel
        contexts.reset(to: start.contexts)
        numberContexts.reset(to: start.numberContexts)
        runs = start.runs
        lastTopic = start.lastTopic
        lastTemplate = start.lastTemplate
        lastTime = 0
    }

    private static func copy<Element>(_ source: [Element], to target: inout [Element]) {
        target.removeAll(keepingCapacity: true)
        target.append(contentsOf: source)
    }

    @inline(__always)
    mutating func finishEvent(topic: Int, template: Int, time: Int64) {
        if topic == order.count { order.add(time: time) } else { order.learn(rank: order.rank(of: topic), time: time) }
        if lastTopic >= 0 { topics[Int(lastTopic)].learn(successor: Int32(topic)) }
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
