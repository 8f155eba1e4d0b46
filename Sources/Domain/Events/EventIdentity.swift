// SPDX-License-Identifier: Apache-2.0

/// The one name of an event for its whole life: order, resume and deduplication go by it, never by a clock.
package struct EventIdentity: Sendable, Hashable {
    package var node: String
    package var lane: Lane
    /// The first event of a lane has sequence 1.
    package var sequence: UInt64

    package init(node: String, lane: Lane, sequence: UInt64) {
        self.node = node
        self.lane = lane
        self.sequence = sequence
    }

    /// Reads ``text``; nil for anything else.
    package init?(text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, !parts[0].isEmpty, parts[1].utf8.count == 16, let epoch = UInt64(parts[1], radix: 16),
            Epoch.name(of: epoch) == parts[1], let partition = UInt32(parts[2]), let sequence = UInt64(parts[3]),
            sequence > 0
        else { return nil }
        let lane = Lane(epoch: epoch, partition: Partition(number: partition))
        self.init(node: String(parts[0]), lane: lane, sequence: sequence)
    }

    /// As users write it: NODE/EPOCH/PARTITION/SEQ, the epoch in 16 hexadecimal digits.
    package var text: String { "\(node)/\(Epoch.name(of: lane.epoch))/\(lane.partition.number)/\(sequence)" }
}
