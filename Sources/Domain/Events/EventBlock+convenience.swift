// SPDX-License-Identifier: Apache-2.0

extension EventBlock {
    /// Adds one event from arrays: for tests and for paths that are not hot.
    package mutating func append(
        sequence: UInt64 = 0,
        timestamp: Int64,
        eventClass: EventClass = .normal,
        topic: String,
        attributes: [UInt8] = [],
        payload: [UInt8]
    ) {
        append(
            sequence: sequence,
            timestamp: timestamp,
            eventClass: eventClass,
            topic: Array(topic.utf8).span.bytes,
            attributes: attributes.span.bytes,
            payload: payload.span.bytes
        )
    }

    /// The topic of one event.
    package func topic(at index: Int) -> String {
        String(decoding: bytes[records[index].topic], as: UTF8.self)
    }

    package func attributes(at index: Int) -> ArraySlice<UInt8> { bytes[records[index].attributes] }

    package func payload(at index: Int) -> ArraySlice<UInt8> { bytes[records[index].payload] }

    /// Bytes of topic and payload, which is what users count.
    package var byteCount: Int { bytes.count }
}
