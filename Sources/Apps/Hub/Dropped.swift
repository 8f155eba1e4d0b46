// SPDX-License-Identifier: Apache-2.0

package import Storage

/// Positions that were asked for and that the log no longer has.
package struct Dropped: Error, CustomStringConvertible {
    /// Where the reader wanted to go on.
    package var after: Int64
    package var oldest: Int64

    /// Nil when all that landed after a position is still there; 0 asks for whatever there is.
    package init?(after position: Int64, _ retention: HubLogRetention) {
        guard position > 0, position + 1 < retention.oldestPosition else { return nil }
        after = position
        oldest = retention.oldestPosition
    }

    package var description: String {
        """
        what landed after position \(after) is no longer all in the log: SLUICE_HUB_KEEP dropped what came before \
        position \(oldest); --after \(oldest - 1) begins with the oldest that is kept
        """
    }
}
