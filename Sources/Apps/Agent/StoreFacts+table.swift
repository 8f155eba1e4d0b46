// SPDX-License-Identifier: Apache-2.0

import Events
import Startup
package import Storage

extension StoreFacts {
    /// For people.
    ///
    /// - Parameter now: milliseconds since 1970.
    package func table(at now: Int64) -> String {
        var lines = [
            "store     \(path)\(isRunning ? ", used by an agent that runs" : "")",
            "node      \(node), store \(Epoch.name(of: storeID)), \(epochs) epochs",
            "waiting   \(events) events, about \(bytes) bytes, \(packedEvents) of them packed",
        ]
        for lane in lanes {
            let age = lane.oldest.map { Self.age(now - $0) } ?? "unknown"
            lines.append(
                "  \(lane.lane.partition.eventClass) of epoch \(Epoch.name(of: lane.lane.epoch)) (\(lane.node)), "
                    + "partition \(lane.lane.partition.number): \(lane.events) events, "
                    + "numbers \(lane.first)-\(lane.last), the oldest taken \(age) ago"
            )
            for gap in lane.gaps {
                lines.append("    gap \(gap.first)-\(gap.last)\(gap.endKnown ? "" : " at most"), \(gap.reason.name)")
            }
        }
        if hubs.isEmpty { lines.append("hubs      none has acknowledged anything of the epochs that are kept") }
        for hub in hubs {
            let name = hub.hub == 0 ? "one whose name was lost" : Epoch.name(of: hub.hub)
            lines.append("hub       \(name) has acknowledged \(hub.events) events of the epochs that are kept")
        }
        for gap in gaps { lines.append("given up  \(gap.events) \(gap.eventClass) events, \(gap.reason.name)") }
        for file in damagedFiles { lines.append("kept      \(file), damaged: `sluice store export --file \(file)`") }
        return lines.joined(separator: "\n")
    }

    /// One line.
    package var json: String {
        let lanes = lanes.map { lane in
            JSONText.object([
                ("class", JSONText.string("\(lane.lane.partition.eventClass)")),
                ("epoch", JSONText.string(Epoch.name(of: lane.lane.epoch))), ("node", JSONText.string(lane.node)),
                ("partition", "\(lane.lane.partition.number)"), ("events", "\(lane.events)"),
                ("first", "\(lane.first)"), ("last", "\(lane.last)"),
                ("oldest_ms", lane.oldest.map(String.init) ?? "null"),
                (
                    "gaps",
                    JSONText.array(
                        lane.gaps.map {
                            JSONText.object([
                                ("first", "\($0.first)"), ("last", "\($0.last)"),
                                ("reason", JSONText.string($0.reason.name)), ("end_known", "\($0.endKnown)"),
                            ])
                        }
                    )
                ),
            ])
        }
        let hubs = hubs.map {
            JSONText.object([("hub", JSONText.string(Epoch.name(of: $0.hub))), ("acknowledged", "\($0.events)")])
        }
        return JSONText.object([
            ("path", JSONText.string(path)), ("running", "\(isRunning)"), ("node", JSONText.string(node)),
            ("store", JSONText.string(Epoch.name(of: storeID))), ("epochs", "\(epochs)"), ("events", "\(events)"),
            ("bytes", "\(bytes)"), ("packed_events", "\(packedEvents)"), ("lanes", JSONText.array(lanes)),
            ("hubs", JSONText.array(hubs)), ("damaged_files", JSONText.array(damagedFiles.map(JSONText.string))),
        ])
    }

    private static func age(_ milliseconds: Int64) -> String {
        let seconds = max(0, milliseconds / 1000)
        switch seconds {
        case ..<120: return "\(seconds) s"
        case ..<7_200: return "\(seconds / 60) min"
        case ..<172_800: return "\(seconds / 3_600) h"
        default: return "\(seconds / 86_400) days"
        }
    }
}
