// SPDX-License-Identifier: Apache-2.0

import Events

/// What a comparison of the log with a node's own words says of one lane.
///
/// Pure.
enum HubLogLineage {
    /// An open lane of the node that the node did not list, with what it once said of the lane's epoch.
    struct Unlisted {
        var lane: Lane
        /// 0: never introduced.
        var ordinal: UInt64
        /// 0: never introduced.
        var store: UInt64
    }

    /// What becomes of an unlisted lane.
    enum Fate: Equatable {
        /// Its end lies behind all that the node still speaks of: nothing of it is left to send.
        case complete
        /// A store that this node no longer has wrote it.
        case lost
    }

    /// The log is an older copy of one that acknowledged up to `acknowledged`: the node may have deleted what it named,
    /// and what is missing here is nowhere.
    static func missingHere(_ lane: HubLogLane, acknowledged: UInt64) -> [Gap] {
        guard acknowledged > lane.landed.cumulative else { return [] }
        return lane.landed.missing(in: 1...acknowledged).map { range in
            Gap(lane: lane.key.lane, first: range.lowerBound, last: range.upperBound, reason: .hubRestored)
        }
    }

    /// Whether the node's copy of an old epoch's lane ends before what is known of it here.
    static func isOlderCopy(_ lane: HubLogLane, last: UInt64) -> Bool {
        !lane.closed && max(lane.highest, lane.last) > last
    }

    /// What only a lost store could have sent: holes among what is known after `last`, and a tail without a known end.
    ///
    /// What went to another hub is among the holes: this one cannot know, and too much is better than too little.
    static func missingThere(_ lane: HubLogLane, after last: UInt64, ceiling: UInt64) -> [Gap] {
        let known = max(lane.highest, lane.last, last)
        let ceiling = max(lane.ceiling, ceiling, known + 1)
        var gaps: [Gap] = []
        if last < known {
            gaps = lane.landed.missing(in: last + 1...known).map { range in
                Gap(lane: lane.key.lane, first: range.lowerBound, last: range.upperBound, reason: .storeRestored)
            }
        }
        let tail = lane.landed.missing(in: known + 1...ceiling)
        return gaps
            + tail.map { range in
                Gap(
                    lane: lane.key.lane,
                    first: range.lowerBound,
                    last: range.upperBound,
                    reason: .storeRestored,
                    endKnown: false
                )
            }
    }

    /// An epoch that comes after, or beside, the oldest one listed would be listed if the node still had it.
    static func fate(of unlisted: Unlisted, hello: AgentIntroduction) -> Fate {
        if unlisted.store != 0, unlisted.store != hello.storeID { return .lost }
        let lowest = hello.lanes.map(\.ordinal).min() ?? hello.epoch.ordinal
        return unlisted.ordinal >= min(lowest, hello.epoch.ordinal) ? .lost : .complete
    }
}
