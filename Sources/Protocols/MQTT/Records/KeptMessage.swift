// SPDX-License-Identifier: Apache-2.0

package import Events

/// A message by itself, as it is kept for a session or as a retained one.
package struct KeptMessage: Sendable, Equatable {
    /// Milliseconds since 1970 by the clock of this node when it came.
    package var timestamp: Int64
    package var topicLength: Int
    package var attributesLength: Int
    /// `topic | attributes | payload`.
    package var bytes: [UInt8]

    package init(timestamp: Int64, topicLength: Int, attributesLength: Int, bytes: [UInt8]) {
        self.timestamp = timestamp
        self.topicLength = topicLength
        self.attributesLength = attributesLength
        self.bytes = bytes
    }

    package init(_ record: EventBlock.Record, of block: EventBlock) {
        timestamp = record.timestamp
        topicLength = Int(record.topicLength)
        attributesLength = Int(record.attributesLength)
        bytes = Array(block.bytes[record.all])
    }

    package var topic: ArraySlice<UInt8> { bytes[..<topicLength] }
    package var payloadRange: Range<Int> { topicLength + attributesLength..<bytes.count }

    /// What goes with it; a plain QoS 1 message where nothing does.
    package var attributes: EventAttributes {
        guard attributesLength > 0 else { return EventAttributes() }
        return (try? EventAttributes(decoding: bytes[topicLength..<topicLength + attributesLength]))
            ?? EventAttributes()
    }

    /// The message as something that is published when it came.
    package func append(to block: inout EventBlock) {
        let bytes = bytes.span.bytes
        block.append(
            timestamp: timestamp,
            topic: bytes.extracting(0..<topicLength),
            attributes: bytes.extracting(topicLength..<payloadRange.lowerBound),
            payload: bytes.extracting(payloadRange)
        )
    }

    /// The message by itself as something that is published.
    package var block: EventBlock {
        var block = EventBlock()
        append(to: &block)
        return block
    }
}
