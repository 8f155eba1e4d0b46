// SPDX-License-Identifier: Apache-2.0

package import Events

/// An event as a leaf of a log: all that it is, in the one form that is hashed.
///
/// ```
/// +---------+----------+-----------------+------+-----------+---------------+--------------+---------------+
/// | version | kind (1) | node length (1) | node | epoch (8) | partition (4) | sequence (8) | timestamp (8) |
/// +---------+----------+-----------------+------+-----------+---------------+--------------+---------------+
/// | topic length (2)   | attributes length (4)  | topic     | attributes    | payload, up to the end       |
/// +--------------------+------------------------+-----------+---------------+------------------------------+
/// ```
/// Numbers are big-endian; version is 1, kind is 1. The timestamp is the one that the node gave the event, never corrected.
package struct EventLeaf: Sendable, Hashable {
    /// What leaves of this form begin with.
    private static let head: [UInt8] = [1, 1]

    package var identity: EventIdentity
    /// Milliseconds since 1970-01-01T00:00:00Z by the clock of the node that took the event.
    package var timestamp: Int64
    package var topic: [UInt8]
    /// As ``EventAttributes`` encodes them.
    package var attributes: [UInt8]
    package var payload: [UInt8]

    package init(
        identity: EventIdentity,
        timestamp: Int64,
        topic: [UInt8],
        attributes: [UInt8],
        payload: [UInt8]
    ) {
        self.identity = identity
        self.timestamp = timestamp
        self.topic = topic
        self.attributes = attributes
        self.payload = payload
    }

    /// Reads a leaf; nil for anything that ``bytes`` would not make again.
    package init?(bytes: [UInt8]) {
        var rest = bytes[...]
        func number(_ count: Int) -> UInt64? {
            guard rest.count >= count else { return nil }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count).reduce(0) { $0 << 8 | UInt64($1) }
        }
        func part(_ count: UInt64) -> [UInt8]? {
            guard count <= UInt64(rest.count) else { return nil }
            defer { rest = rest.dropFirst(Int(count)) }
            return Array(rest.prefix(Int(count)))
        }
        guard bytes.starts(with: Self.head) else { return nil }
        rest = rest.dropFirst(Self.head.count)
        guard let nodeLength = number(1), let name = part(nodeLength),
            let node = String(validating: name, as: UTF8.self),
            let epoch = number(8), let partition = number(4), let sequence = number(8), let time = number(8),
            let topicLength = number(2), let attributesLength = number(4),
            let topic = part(topicLength), let attributes = part(attributesLength)
        else { return nil }
        let lane = Lane(epoch: epoch, partition: Partition(number: UInt32(partition)))
        identity = EventIdentity(node: node, lane: lane, sequence: sequence)
        timestamp = Int64(bitPattern: time)
        (self.topic, self.attributes) = (topic, attributes)
        payload = Array(rest)
    }

    /// What is hashed.
    package var bytes: [UInt8] {
        var block = EventBlock(reservingBytes: topic.count + attributes.count + payload.count, records: 1)
        block.append(
            sequence: identity.sequence,
            timestamp: timestamp,
            topic: topic.span.bytes,
            attributes: attributes.span.bytes,
            payload: payload.span.bytes
        )
        return Self.bytes(of: block, at: 0, node: identity.node, lane: identity.lane)
    }

    /// The leaf of one event of a block, without a copy of its parts.
    ///
    /// - Parameter node: at most 255 bytes.
    package static func bytes(of block: EventBlock, at index: Int, node: String, lane: Lane) -> [UInt8] {
        var bytes = start(node: node, lane: lane)
        append(block, at: index, to: &bytes)
        return bytes
    }

    /// What all leaves of a lane begin with.
    ///
    /// - Parameter node: at most 255 bytes.
    package static func start(node: String, lane: Lane) -> [UInt8] {
        var bytes = head
        bytes.append(UInt8(truncatingIfNeeded: node.utf8.count))
        bytes.append(contentsOf: node.utf8.prefix(255))
        append(lane.epoch, to: &bytes)
        append(lane.partition.number, to: &bytes)
        return bytes
    }

    /// Adds what comes behind the start of a leaf.
    package static func append(_ block: EventBlock, at index: Int, to bytes: inout [UInt8]) {
        let record = block.records[index]
        append(record.sequence, to: &bytes)
        append(UInt64(bitPattern: record.timestamp), to: &bytes)
        append(record.topicLength, to: &bytes)
        append(record.attributesLength, to: &bytes)
        bytes.append(contentsOf: block.bytes[record.all])
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
