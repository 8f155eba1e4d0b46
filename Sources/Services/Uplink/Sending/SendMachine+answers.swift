// SPDX-License-Identifier: Apache-2.0

import Events
import Storage
package import UplinkFrames

extension SendMachine {
    /// What of a lane the hub has.
    ///
    /// - Returns: nil when the hub speaks of a lane that it was not told of.
    package mutating func acknowledged(_ handle: UInt32, _ landed: LandedRanges, at now: Duration) -> [Effect]? {
        guard names.indices.contains(Int(handle)) else { return nil }
        let set = landed.sequences
        for position in positions(handle) {
            for settled in lanes[position].settle(set) {
                pace.confirmed(settled.bytes, settled.stamp, at: now)
                acknowledgedEvents += settled.events
            }
        }
        return [.acknowledge(lanes[names[Int(handle)].present].state.lane, set)]
    }

    /// The hub raises what may be sent in all.
    package mutating func credited(_ total: UInt64) {
        credit = max(credit, total)
    }

    /// The hub cannot take these events: each is offered once more by itself, then given up (decision 7).
    ///
    /// - Returns: nil when the hub speaks of a lane that it was not told of.
    package mutating func rejected(_ handle: UInt32, _ rejection: Rejection, at now: Duration) -> [Effect]? {
        guard names.indices.contains(Int(handle)) else { return nil }
        return positions(handle).flatMap { rejected($0, rejection, at: now) }
    }

    private mutating func rejected(_ position: Int, _ rejection: Rejection, at now: Duration) -> [Effect] {
        let range = rejection.first...max(rejection.first, rejection.last)
        var effects: [Effect] = []
        var kept: [LaneCursor.Sent] = []
        for sent in lanes[position].sent {
            guard sent.range.overlaps(range) else {
                kept.append(sent)
                continue
            }
            pace.confirmed(sent.bytes, sent.stamp, at: now)
            effects += refused(sent, rejection.reason, position)
        }
        lanes[position].sent = kept
        return effects
    }

    private mutating func refused(
        _ sent: LaneCursor.Sent,
        _ reason: Rejection.Reason,
        _ position: Int
    ) -> [Effect] {
        let missing = lanes[position].landed.missing(in: sent.range)
        let isSingle = sent.range.lowerBound == sent.range.upperBound
        guard sent.isAlone || (reason == .tooLarge && isSingle) else {
            lanes[position].suspects += missing
            return []
        }
        lanes[position].awaitedGaps += missing
        lanes[position].gapsMayBeThere = false
        let lane = lanes[position].state.lane
        return missing.map {
            .giveUp(Gap(lane: lane, first: $0.lowerBound, last: $0.upperBound, reason: .rejected))
        }
    }
}
