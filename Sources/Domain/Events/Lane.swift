// SPDX-License-Identifier: Apache-2.0

/// Names one gapless sequence of one node: an epoch and a partition in it.
package struct Lane: Sendable, Hashable {
    /// The random part of the epoch.
    package var epoch: UInt64
    package var partition: Partition

    package init(epoch: UInt64, partition: Partition) {
        self.epoch = epoch
        self.partition = partition
    }
}
