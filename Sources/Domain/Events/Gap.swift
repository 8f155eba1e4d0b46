// SPDX-License-Identifier: Apache-2.0

/// Events that were given up: recorded where it happened, sent upstream, never silent.
package struct Gap: Sendable, Hashable {
    /// Why the events are not there.
    package enum Reason: UInt8, Sendable, CaseIterable {
        /// The byte budget was used up; the oldest of the least urgent class went.
        case bufferFull = 1
        /// Older than the user wanted to keep.
        case expired = 2
        /// The row, page or file was damaged.
        case unreadable = 3
        /// The hub could not take the event, batched or alone.
        case rejected = 4
        /// The hub's log was restored from an older copy after the agent had deleted what the hub had acknowledged.
        case hubRestored = 5
        /// The agent's store was restored from an older copy, or replaced: what only the lost copy knew is gone.
        case storeRestored = 6

        /// The word in exports, status and metrics.
        package var name: String {
            switch self {
            case .bufferFull: "buffer-full"
            case .expired: "expired"
            case .unreadable: "unreadable"
            case .rejected: "rejected"
            case .hubRestored: "hub-restored"
            case .storeRestored: "store-restored"
            }
        }
    }

    package var lane: Lane
    /// First sequence given up.
    package var first: UInt64
    /// Last sequence given up; where `endKnown` is false it is the highest number that may have been in use.
    package var last: UInt64
    package var reason: Reason
    /// False where nobody can know where the loss ended.
    package var endKnown: Bool

    package init(lane: Lane, first: UInt64, last: UInt64, reason: Reason, endKnown: Bool = true) {
        self.lane = lane
        self.first = first
        self.last = last
        self.reason = reason
        self.endKnown = endKnown
    }

    /// How many events this gap stands for at most.
    package var count: UInt64 { last >= first ? last - first + 1 : 0 }
}
