// SPDX-License-Identifier: Apache-2.0

import Events

extension EventBlock {
    /// A copy whose events tell MQTT 5 subscribers that newer events of their partition had landed before them.
    ///
    /// By a user property (MQTT 5.0 section 3.3.2.3.7): `sluice-historical` is `true`.
    func markedHistorical() -> EventBlock {
        var marked = EventBlock()
        let source = bytes.span.bytes
        for record in records {
            var attributes = Array(bytes[record.attributes])
            // What cannot be read is handed on as it is.
            if var known = try? EventAttributes(decoding: attributes) {
                known.userProperties.append(.init(name: "sluice-historical", value: "true"))
                attributes = known.encoded()
            }
            marked.append(
                sequence: record.sequence,
                timestamp: record.timestamp,
                eventClass: record.eventClass,
                topic: source.extracting(record.topic),
                attributes: attributes.span.bytes,
                payload: source.extracting(record.payload)
            )
        }
        return marked
    }
}
