// SPDX-License-Identifier: Apache-2.0

package import Events

extension EventIdentity {
    /// Reads NODE/EPOCH/PARTITION/SEQ with the epoch as exports show it; nil for anything else.
    package init?(text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 4, !parts[0].isEmpty, parts[1].utf8.count == 16, let epoch = UInt64(parts[1], radix: 16),
            Epoch.name(of: epoch) == parts[1], let partition = UInt32(parts[2]), let sequence = UInt64(parts[3]),
            sequence > 0
        else { return nil }
        let lane = Lane(epoch: epoch, partition: Partition(number: partition))
        self.init(node: String(parts[0]), lane: lane, sequence: sequence)
    }
}
