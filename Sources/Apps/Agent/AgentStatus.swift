// SPDX-License-Identifier: Apache-2.0

package import Broker
package import Events
import Glibc
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
    /// Events of the backlog that leave behind newer ones; nil where all leave in their order, or no hub takes them.
    package var historicalEvents: UInt64?
    /// Connections whose hub was believed by the key that it had proved before, as the clock could not be.
    package var believedHubs: UInt64 = 0
    package var oldestSeconds: Double?
    package var inPerSecond: Double?
    package var outPerSecond: Double?
    package var linkBytesPerEvent: Double?
    /// What batches build on, or will as soon as the hub has it; nil when none was made.
    package var primer: UplinkStatistics.Primer?
    /// Whether what is sent is sealed end to end; nil while nothing can be sent.
    package var isSealed: Bool?
    /// Connections ended since start because of what came sealed, or for want of a sealing key that is trusted.
    package var refusedSeals: UInt64?
    package var hubAckAgeSeconds: Double?
    /// How long an outage may last at today's rate before the oldest events are given up.
    package var hoursLeft: Double?
    /// Bytes that the process had written to the device since it began, and those of the events that it took.
    package var writtenBytes: UInt64?
    package var takenBytes: UInt64?
    /// What the clock that stamps events is worth.
    package var clock: ClockQuality?
    package var gaps: [StoreStatistics.GapCount] = []
    /// What the local broker has done since it started; nil of an agent that does not run.
    package var broker: BrokerStatistics?
    /// What has come from the broker that it reads from; nil where it reads from none.
    package var source: SourceStatistics?

    package init(state: State) {
        self.state = state
    }

    /// Of an agent that does not run, from its store; nil when the store was changed meanwhile, as by one that starts.
    ///
    /// - Parameter milliseconds: now, since 1970, by the clock that stamps events.
    package init?(stopped directory: String, atMilliseconds now: Int64? = nil) throws(StoreError) {
        guard let store = try StoppedStore.read(directory: directory) else { return nil }
        state = .stopped
        node = store.node
        epoch = store.epoch?.name
        add(store.statistics, atMilliseconds: now)
    }

    /// What the store knows.
    mutating func add(_ store: StoreStatistics, atMilliseconds now: Int64?) {
        backlogEvents = store.backlogEvents
        backlogBytes = store.backlogBytes
        if store.backlogEvents > 0 {
            // What has certainly passed, where that is known: a clock that was set since must not be taken for age.
            let age = store.oldestAge ?? store.oldestTimestamp.map { max(0, (now ?? Self.wallMilliseconds()) - $0) }
            oldestSeconds = age.map { Double($0) / 1000 }
        }
        clock = store.clock
        gaps = store.gaps
    }

    private static func wallMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
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
            ("historical_events", historicalEvents.map(String.init) ?? "null"),
            ("oldest_s", JSONText.number(oldestSeconds, digits: 1)),
            ("in_per_s", JSONText.number(inPerSecond, digits: 1)),
            ("out_per_s", JSONText.number(outPerSecond, digits: 1)),
            ("link_bytes_per_event", JSONText.number(linkBytesPerEvent, digits: 2)),
            ("primer", primerJSON),
            ("sealed", isSealed.map(String.init) ?? "null"),
            ("refused_seals", refusedSeals.map(String.init) ?? "null"),
            ("hub_ack_age_s", JSONText.number(hubAckAgeSeconds, digits: 1)),
            ("hours_left", JSONText.number(hoursLeft, digits: 2)),
            ("reason", reason.map(JSONText.string) ?? "null"),
            ("clock", clock.map { JSONText.string($0.name) } ?? "null"),
            ("written_bytes", writtenBytes.map(String.init) ?? "null"),
            ("written_per_byte", JSONText.number(writtenPerByte, digits: 2)),
            ("believed_hubs", String(believedHubs)),
            ("source", source.map(\.json) ?? "null"),
            ("gaps", gapsJSON),
            ("mqtt", broker.map(\.json) ?? "null"),
        ])
    }

    /// Bytes written to the device for each byte of topic and payload that was taken: what an event costs the flash.
    package var writtenPerByte: Double? {
        guard let writtenBytes, let takenBytes, takenBytes > 0 else { return nil }
        return Double(writtenBytes) / Double(takenBytes)
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
