// SPDX-License-Identifier: Apache-2.0

import Events

/// What one device published, in its own order per topic: the publisher's side of the judgement.
///
/// Ten bytes per publication: the payload itself is not kept, only its hash. A topic belongs to one record.
package struct PublishRecord: Sendable {
    /// Names one publication of a record.
    package struct Publication: Sendable, Hashable {
        /// Slot of the topic in ``PublishRecord/topics``.
        package var topic: Int
        /// Position among the publications of that topic, from 0.
        package var index: Int
    }

    /// The publications of one topic.
    package struct Topic: Sendable {
        package let name: String
        /// XXH64 of each payload.
        package fileprivate(set) var hashes: [UInt64] = []
        /// How often each was sent; stops at 255.
        package fileprivate(set) var timesSent: [UInt8] = []
        package fileprivate(set) var acknowledged: [Bool] = []
    }

    package private(set) var topics: [Topic] = []
    package private(set) var published = 0
    package private(set) var acknowledged = 0
    /// Sends beyond the first of each publication.
    package private(set) var resent = 0
    private var slots: [String: Int] = [:]

    package init() {}

    /// Notes the first send of a payload.
    package mutating func publish(topic: String, payload: RawSpan) -> Publication {
        let slot = slot(of: topic)
        topics[slot].hashes.append(XXHash64.hash(payload))
        topics[slot].timesSent.append(1)
        topics[slot].acknowledged.append(false)
        published += 1
        return Publication(topic: slot, index: topics[slot].hashes.count - 1)
    }

    /// Notes that a publication was sent once more because its acknowledgement never came.
    package mutating func resend(_ publication: Publication) {
        let times = topics[publication.topic].timesSent[publication.index]
        topics[publication.topic].timesSent[publication.index] = times == .max ? .max : times + 1
        resent += 1
    }

    /// Notes the acknowledgement of a publication; a second one changes nothing.
    package mutating func acknowledge(_ publication: Publication) {
        guard !topics[publication.topic].acknowledged[publication.index] else { return }
        topics[publication.topic].acknowledged[publication.index] = true
        acknowledged += 1
    }

    private mutating func slot(of topic: String) -> Int {
        if let slot = slots[topic] { return slot }
        slots[topic] = topics.count
        topics.append(Topic(name: topic))
        return topics.count - 1
    }
}
