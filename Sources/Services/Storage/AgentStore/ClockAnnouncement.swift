// SPDX-License-Identifier: Apache-2.0

package import Events

/// A clock record that a hub has not acknowledged.
package struct ClockAnnouncement: Sendable, Equatable {
    /// The node's name in the epoch.
    package var node: String
    package var epoch: Epoch
    package var record: ClockRecord

    package init(node: String, epoch: Epoch, record: ClockRecord) {
        self.node = node
        self.epoch = epoch
        self.record = record
    }

    /// What it is called.
    package struct Name: Sendable, Hashable {
        package var epoch: UInt64
        package var ordinal: UInt32

        package init(epoch: UInt64, ordinal: UInt32) {
            self.epoch = epoch
            self.ordinal = ordinal
        }
    }

    package var name: Name { Name(epoch: epoch.id, ordinal: record.ordinal) }
}
