// SPDX-License-Identifier: Apache-2.0

/// Topics in the order in which their next events are due: devices speak at regular times.
///
/// A topic that spoke is due again after as long as it was silent before. One that stays silent is put off, further each
/// time, so that it does not stand before those that speak.
struct TopicOrder {
    private struct Topic {
        var last: Int64
        var period: Int64
        var due: Int64
    }

    private var topics: [Topic] = []
    private var order: [Int32] = []

    var count: Int { order.count }

    mutating func reset(to start: TopicOrder) {
        topics.removeAll(keepingCapacity: true)
        topics.append(contentsOf: start.topics)
        order.removeAll(keepingCapacity: true)
        order.append(contentsOf: start.order)
    }

    subscript(rank: Int) -> Int { Int(order[rank]) }

    /// Where a known topic stands.
    func rank(of topic: Int) -> Int {
        var rank = firstRank(dueFrom: topics[topic].due)
        while rank < order.count, order[rank] != Int32(topic) { rank += 1 }
        // Times so far apart that their sum wraps may stand in any order.
        return rank < order.count ? rank : order.firstIndex(of: Int32(topic)) ?? 0
    }

    /// Takes note of an event of the topic at a rank.
    mutating func learn(rank: Int, time: Int64) {
        let topic = order.remove(at: rank)
        let gap = max(time &- topics[Int(topic)].last, 0)
        let period = topics[Int(topic)].period
        topics[Int(topic)].period = period < 0 ? gap : (period &+ gap) / 2
        topics[Int(topic)].last = time
        insert(topic, due: time &+ topics[Int(topic)].period)
        putOff(time)
    }

    /// Takes note of the first event of a new topic.
    mutating func add(time: Int64) {
        topics.append(Topic(last: time, period: -1, due: time))
        insert(Int32(topics.count - 1), due: time)
    }

    /// Moves all times.
    mutating func shift(by distance: Int64) {
        for index in topics.indices {
            topics[index].last = topics[index].last &+ distance
            topics[index].due = topics[index].due &+ distance
        }
    }

    private mutating func putOff(_ time: Int64) {
        guard let first = order.first else { return }
        let topic = topics[Int(first)]
        let wait = max(topic.period, 0)
        guard topic.due &+ wait &+ wait < time else { return }
        order.removeFirst()
        insert(first, due: time &+ (time &- topic.last))
    }

    private mutating func insert(_ topic: Int32, due: Int64) {
        topics[Int(topic)].due = due
        var rank = firstRank(dueFrom: due)
        while rank < order.count, topics[Int(order[rank])].due == due { rank += 1 }
        order.insert(topic, at: rank)
    }

    /// The first rank whose topic is due at that time or later.
    private func firstRank(dueFrom due: Int64) -> Int {
        var low = 0
        var high = order.count
        while low < high {
            let middle = (low + high) / 2
            if topics[Int(order[middle])].due < due { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
