// SPDX-License-Identifier: Apache-2.0

extension BatchExplanation {
    /// Rows that are known to be sound.
    init(_ parts: BatchParts, rows bytes: UnsafeBufferPointer<UInt8>) throws(BatchFault) {
        self.init(parts, unpacked: bytes.count)
        var reader = RowReader(bytes, header: parts.header)
        var counts = (topic: CodeCount(), time: CodeCount(), attributes: CodeCount(), payload: CodeCount())
        var known: [String: Int] = [:]
        var topic = 0
        var time = parts.header.baseTime
        for index in 0..<parts.header.count {
            let start = reader.position
            let row = try reader.next()
            if row.namesTopic || index == 0 {
                let name = ReadableBytes.text(row.topic)
                topic = known[name, default: topics.count]
                known[name] = topic
                if topic == topics.count { topics.append(Topic(name: name, isOfPrimer: false, events: 0)) }
            }
            topics[topic].events += 1
            counts.topic.add(row.namesTopic ? 1 : 0, bits: (row.topicEnd - start) * 8)
            counts.time.add(row.time == time ? 0 : 1, bits: (row.timeEnd - row.topicEnd) * 8)
            counts.attributes.add(row.attributes.isEmpty ? 0 : 1, bits: (row.attributesEnd - row.timeEnd) * 8)
            counts.payload.add(row.payload.isEmpty ? 0 : 1, bits: (reader.position - row.attributesEnd) * 8)
            time = row.time
        }
        columns = [
            Column(name: "topic", count: counts.topic), Column(name: "time", count: counts.time),
            Column(name: "attributes", count: counts.attributes), Column(name: "payload", count: counts.payload),
        ]
    }
}
