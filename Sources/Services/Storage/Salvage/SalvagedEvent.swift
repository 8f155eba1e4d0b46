// SPDX-License-Identifier: Apache-2.0

import Events

/// An event that a checksum proves, with its identity.
struct SalvagedEvent {
    var lane: Lane
    var sequence: UInt64
    var timestamp: Int64
    /// Bytes of topic, attributes and payload.
    var eventBytes: Int
    /// The row as it is kept; valid only during the call that hands it over.
    var body: UnsafeRawBufferPointer

    /// Adds it to a block.
    func append(to block: inout EventBlock) {
        guard let row = RowFormat.decode(body, sequence: sequence) else { return }
        block.append(
            sequence: sequence,
            timestamp: timestamp,
            eventClass: lane.partition.eventClass,
            topicLength: row.topicLength,
            attributesLength: row.attributesLength,
            all: RawSpan(_unsafeBytes: UnsafeRawBufferPointer(rebasing: body[row.all]))
        )
    }
}
