// SPDX-License-Identifier: Apache-2.0

import Events
import Startup
package import Storage

/// What `gaps` prints: every event that was given up, by whom and why.
package struct GapList {
    private let gaps: [HubLogGap]

    private let node: String?

    /// - Parameter node: only those of this node; nil for all.
    package init(_ gaps: [HubLogGap], node: String? = nil) {
        self.gaps = gaps.filter { node == nil || $0.node == node }
        self.node = node
    }

    /// One JSON object per gap and line.
    package var json: String {
        gaps.map { recorded in
            let gap = recorded.gap
            return JSONText.object([
                ("node", JSONText.string(recorded.node)),
                ("epoch", JSONText.string(Epoch.name(of: gap.lane.epoch))),
                ("partition", "\(gap.lane.partition.number)"),
                ("first", "\(gap.first)"),
                ("last", "\(gap.last)"),
                ("class", JSONText.string(gap.lane.partition.eventClass.name)),
                ("reason", JSONText.string(gap.reason.name)),
                ("end_known", "\(gap.endKnown)"),
                ("recorded_ms", "\(recorded.recorded)"),
            ]) + "\n"
        }.joined()
    }

    /// Lines for people.
    package var table: String {
        guard !gaps.isEmpty else { return "no gaps\(node.map { " of \($0)" } ?? ""): nothing was given up\n" }
        return gaps.map { recorded in
            let gap = recorded.gap
            let range = "\(gap.first)-\(gap.last)"
            let count = gap.endKnown ? "\(gap.count) events" : "up to \(gap.count) events, the end is not known"
            return "\(TailLines.time(recorded.recorded)) \(recorded.node) \(gap.lane.partition.eventClass.name) "
                + "\(gap.reason.name): \(count) (epoch \(Epoch.name(of: gap.lane.epoch)), "
                + "partition \(gap.lane.partition.number), sequences \(range))\n"
        }.joined()
    }
}
