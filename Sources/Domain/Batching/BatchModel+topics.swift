// SPDX-License-Identifier: Apache-2.0

extension BatchModel {
    /// The topic that comes next if the last one is followed by the same one as before, as it has been lately.
    private var expectedTopic: Int? {
        guard followerHits > 0 else { return nil }
        return Int(topics[Int(lastTopic)].successor)
    }

    /// Of the codes that name topics: how often the expected one comes depends on how often it came.
    var topicLevel: Level {
        get {
            switch followerHits {
            case 0: topicLevels.0
            case 1, 2: topicLevels.1
            default: topicLevels.2
            }
        }
        set {
            switch followerHits {
            case 0: topicLevels.0 = newValue
            case 1, 2: topicLevels.1 = newValue
            default: topicLevels.2 = newValue
            }
        }
    }

    private var followerHits: UInt8 { lastTopic < 0 ? 0 : topics[Int(lastTopic)].hits }

    /// The code of a topic: its rank by due time, the last rank for a new one; where there is an expected one, 0 is that
    /// and the ranks come after it.
    func topicCode(_ topic: Int) -> UInt64 {
        let rank = topic < order.count ? order.rank(of: topic) : order.count
        guard let expected = expectedTopic else { return UInt64(rank) }
        return topic == expected ? 0 : UInt64(rank + 1)
    }

    /// The topic of a code; the number of topics is a new one.
    func topic(code: UInt64) throws(BatchFault) -> Int {
        var rank = code
        if let expected = expectedTopic {
            guard code > 0 else { return expected }
            rank -= 1
        }
        guard rank <= UInt64(order.count) else { throw .malformed("reference beyond its table") }
        return rank == UInt64(order.count) ? order.count : order[Int(rank)]
    }

    /// The template to expect: the topic's last, else the batch's last, else a new one.
    func predictedTemplate(topic: Int) -> Int {
        let template = topics[topic].template
        return template >= 0 ? Int(template) : lastTemplate >= 0 ? Int(lastTemplate) : 0
    }

    /// Adds a name alone; the topic follows with its first event.
    mutating func addTopicName(shared: Range<Int>, rest: UnsafeBufferPointer<UInt8>) {
        let start = topicBytes.count
        for index in shared { topicBytes.append(topicBytes[index]) }
        topicBytes.append(contentsOf: rest)
        topicRanges.append(start..<topicBytes.count)
    }

    mutating func addTopic(_ name: UnsafeBufferPointer<UInt8>) {
        let start = topicBytes.count
        topicBytes.append(contentsOf: name)
        topicRanges.append(start..<topicBytes.count)
        topics.append(Topic())
    }
}
