// SPDX-License-Identifier: Apache-2.0

package import Events

/// A recorded gap of a node.
package struct HubLogGap: Sendable, Equatable {
    package var node: String
    package var gap: Gap
    /// Milliseconds since 1970 by the hub's clock.
    package var recorded: Int64

    /// Reads the row that the query in ``HubLogReader/gaps()`` stands on.
    init(_ row: SQLiteStatement) {
        node = row.text(0)
        gap = Gap(
            lane: Lane(
                epoch: row.unsigned(1),
                partition: Partition(number: UInt32(truncatingIfNeeded: row.integer(2)))
            ),
            first: row.unsigned(3),
            last: row.unsigned(4),
            // A reason that a newer program wrote is at least a loss.
            reason: Gap.Reason(rawValue: UInt8(truncatingIfNeeded: row.integer(5))) ?? .unreadable,
            endKnown: row.integer(6) != 0
        )
        recorded = row.integer(7)
    }
}
