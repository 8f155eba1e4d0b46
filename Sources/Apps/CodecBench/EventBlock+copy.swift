// SPDX-License-Identifier: Apache-2.0

import Events

extension EventBlock {
    /// Some of the events as a block of their own.
    func copy(_ range: Range<Int>) -> EventBlock {
        var result = EventBlock()
        for record in records[range] {
            result.append(
                sequence: record.sequence,
                timestamp: record.timestamp,
                eventClass: record.eventClass,
                topicLength: Int(record.topicLength),
                attributesLength: Int(record.attributesLength),
                all: bytes.span.bytes.extracting(record.all)
            )
        }
        return result
    }
}
