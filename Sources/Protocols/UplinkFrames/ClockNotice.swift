// SPDX-License-Identifier: Apache-2.0

package import Events

/// A clock record as it travels, named by its epoch and ordinal; from version 3 on.
///
/// ```
/// +-----------+---------------+------------------+---------+
/// | epoch (8) | its ordinal   | 0, or 1 and node | ordinal |
/// +-----------+---------------+------------------+---------+
/// +----------+--------+----------+-------------+-------------+-----------+-------+
/// | boot (8) | uptime | wall (8) | quality (1) | place count | partition | first | ...
/// +----------+--------+----------+-------------+-------------+-----------+-------+
/// ```
/// Times are milliseconds, `wall` in two's complement. Places ascend by partition; a lane that has none begins with it.
package struct ClockNotice: Sendable, Equatable {
    package var epoch: Epoch
    /// The node name of the epoch; nil when it is the agent's present one.
    package var node: String?
    package var record: ClockRecord

    package init(epoch: Epoch, node: String?, record: ClockRecord) {
        self.epoch = epoch
        self.node = node
        self.record = record
    }
}
