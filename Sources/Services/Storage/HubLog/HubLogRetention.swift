// SPDX-License-Identifier: Apache-2.0

/// What of the log is kept, and what retention has dropped of it.
package struct HubLogRetention: Sendable, Equatable {
    package var dropped: HubLogStatistics.Dropped
    /// The oldest position that is kept, or the next one where nothing is.
    package var oldestPosition: Int64
    /// Hub's clock when the oldest segment began; nil where that is not known.
    package var oldestMilliseconds: Int64?

    init(dropped: HubLogStatistics.Dropped, oldest: HubLogSegment?) {
        self.dropped = dropped
        oldestPosition = oldest?.first ?? dropped.position + 1
        oldestMilliseconds = oldest.flatMap { $0.began > 0 ? $0.began : nil }
    }
}
