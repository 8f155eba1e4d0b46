// SPDX-License-Identifier: Apache-2.0

import Events

/// One line of `sluice-hub export`.
package struct ExportRow: Sendable, Equatable {
    package var node: String
    package var epoch: UInt64
    package var partition: Int
    package var sequence: UInt64
    package var topic: String
    /// Event time, Unix milliseconds.
    package var timestamp: Int64
    package var payload: [UInt8]
    /// The JSON object as it stands, where there is one.
    package var attributes: String?

    package init(
        node: String,
        epoch: UInt64,
        partition: Int,
        sequence: UInt64,
        topic: String,
        timestamp: Int64 = 0,
        payload: [UInt8],
        attributes: String? = nil
    ) {
        self.node = node
        self.epoch = epoch
        self.partition = partition
        self.sequence = sequence
        self.topic = topic
        self.timestamp = timestamp
        self.payload = payload
        self.attributes = attributes
    }

    /// Reads one line; throws ``MalformedLine`` when it is not a whole row.
    package init(line: UnsafeRawBufferPointer) throws(MalformedLine) {
        var scanner = JSONLineScanner(line)
        var row = Partial()
        while let key = try scanner.nextKey() {
            switch key {
            case "node": row.node = try scanner.string()
            case "epoch": row.epoch = UInt64(try scanner.string(), radix: 16)
            case "partition": row.partition = Int(try scanner.integer())
            case "seq": row.sequence = UInt64(exactly: try scanner.integer())
            case "topic": row.topic = try scanner.string()
            case "ts_ms": row.timestamp = try scanner.integer()
            case "payload": row.payload = try scanner.bytes()
            case "payload_b64": row.payload = try Base64.decode(scanner.bytes())
            case "attributes": row.attributes = try scanner.raw()
            default: _ = try scanner.raw()
            }
        }
        guard let node = row.node, let epoch = row.epoch, let partition = row.partition, let sequence = row.sequence,
            let topic = row.topic, let timestamp = row.timestamp, let payload = row.payload
        else { throw MalformedLine(at: line.count) }
        self.init(
            node: node,
            epoch: epoch,
            partition: partition,
            sequence: sequence,
            topic: topic,
            timestamp: timestamp,
            payload: payload,
            attributes: row.attributes
        )
    }

    /// Node, epoch, partition and sequence, for people.
    package var identity: String { "\(node) \(Epoch.name(of: epoch)) \(partition):\(sequence)" }

    private struct Partial {
        var node: String?
        var epoch: UInt64?
        var partition: Int?
        var sequence: UInt64?
        var topic: String?
        var timestamp: Int64?
        var payload: [UInt8]?
        var attributes: String?
    }
}
