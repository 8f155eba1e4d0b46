// SPDX-License-Identifier: Apache-2.0

import Events
import Startup
package import Storage
package import Uplink

/// The end-to-end truth about an agent at one moment; nil where it is not known.
package struct AgentStatus: Sendable {
    /// What the agent is doing, judged by what the hub acknowledges, never by a connection.
    package enum State: String, Sendable {
        /// The hub answers, and nothing old waits.
        case current
        /// The hub answers and takes what has piled up.
        case draining
        /// The hub does not answer: events are kept.
        case buffering
        /// No hub is configured: events are kept.
        case noHub = "no-hub"
        /// The store takes nothing at present (disk full, damaged): devices get no acknowledgement.
        case refusing
        /// Nothing runs with this state directory.
        case stopped
    }

    package var state: State
    package var node: String?
    package var epoch: String?
    package var hub: String?
    /// Why it buffers or refuses, in words.
    package var reason: String?
    package var backlogEvents: UInt64?
    package var backlogBytes: UInt64?
    package var oldestSeconds: Double?
    package var inPerSecond: Double?
    package var outPerSecond: Double?
    package var linkBytesPerEvent: Double?
    /// What batches build on, or will as soon as the hub has it; nil when none was made.
    package var primer: UplinkStatistics.Primer?
    package var hubAckAgeSeconds: Double?
    /// How long an outage may last at today's rate before the oldest events are given up.
    package var hoursLeft: Double?
    package var gaps: [StoreStatistics.GapCount] = []

    package init(state: State) {
        self.state = state
    }

    /// One line, the keys that scripts read.
    package var json: String {
        JSONText.object([
            ("state", JSONText.string(state.rawValue)),
            ("node", node.map(JSONText.string) ?? "null"),
            ("epoch", epoch.map(JSONText.string) ?? "null"),
            ("hub", hub.map(JSONText.string) ?? "null"),
            ("backlog_events", backlogEvents.map(String.init) ?? "null"),
            ("backlog_bytes", backlogBytes.map(String.init) ?? "null"),
            ("oldest_s", JSONText.number(oldestSeconds, digits: 1)),
            ("in_per_s", JSONText.number(inPerSecond, digits: 1)),
            ("out_per_s", JSONText.number(outPerSecond, digits: 1)),
            ("link_bytes_per_event", JSONText.number(linkBytesPerEvent, digits: 2)),
            ("primer", primerJSON),
            ("hub_ack_age_s", JSONText.number(hubAckAgeSeconds, digits: 1)),
            ("hours_left", JSONText.number(hoursLeft, digits: 2)),
            ("gaps", gapsJSON),
        ])
    }

    private var primerJSON: String {
        guard let primer else { return "null" }
        return JSONText.object([
            ("id", JSONText.string(Epoch.name(of: primer.identifier))),
            ("bytes", String(primer.bytes)),
            ("active", String(primer.isActive)),
        ])
    }

    private var gapsJSON: String {
        JSONText.array(
            gaps.map { gap in
                JSONText.object([
                    ("class", JSONText.string(gap.eventClass.name)),
                    ("reason", JSONText.string(gap.reason.name)),
                    ("events", String(gap.events)),
                ])
            }
        )
    }
}
