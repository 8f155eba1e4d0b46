// SPDX-License-Identifier: Apache-2.0

import Events
import Startup
import Storage
import Uplink

extension AgentStatus {
    /// A table for people; what only a running agent would know is left out where none runs.
    package var table: String {
        let runs = state != .stopped
        var rows: [(String, String)] = [("state", sentence)]
        rows.append(("node", name))
        if runs {
            rows.append(("hub", hub ?? "none configured: set SLUICE_HUB"))
            rows.append(("last hub ack", hubAckAgeSeconds.map { "\(Self.time($0)) ago" } ?? "never since start"))
        }
        rows.append(("backlog", backlog))
        if runs { rows += linkRows }
        if let clock {
            let judged = believedHubs > 0 ? "; \(believedHubs) times a hub was believed by its known key alone" : ""
            rows.append(("clock", Self.words(clock) + judged))
        }
        rows += gapRows
        if let source { rows.append(("source", source.words)) }
        if let broker { rows += broker.rows }
        return rows.map { name, value in name + String(repeating: " ", count: 14 - name.count) + value }
            .joined(separator: "\n")
    }

    /// One line, for a service manager.
    package var line: String { "\(sentence); backlog: \(backlog)" }

    private var linkRows: [(String, String)] {
        var rows: [(String, String)] = []
        rows.append(("rate", "\(Self.rate(inPerSecond)) in, \(Self.rate(outPerSecond)) acknowledged by the hub"))
        rows.append(("link", linkBytesPerEvent.map { "\(JSONText.decimal($0, digits: 1)) bytes/event" } ?? "unused"))
        rows.append(("primer", primerWords))
        rows.append(("sealed", sealWords))
        rows.append(("buffer lasts", hoursLeft.map { "\(Self.time($0 * 3600)) of outage at this rate" } ?? "unknown"))
        if let written = writtenPerByte, let writtenBytes {
            let each = JSONText.decimal(written, digits: 1)
            rows.append(("flash", "\(Self.bytes(writtenBytes)) written since start, \(each) for each byte of events"))
        }
        return rows
    }

    private var sentence: String {
        let words =
            switch state {
            case .current: "current: the hub has acknowledged everything but the newest events"
            case .draining: "draining: the hub acknowledges what has piled up"
            case .buffering: "buffering: the hub does not acknowledge, events are kept here"
            case .noHub: "no-hub: events are kept here"
            case .refusing: "refusing: the store takes nothing, devices get no acknowledgement"
            case .stopped: "stopped: no agent runs with this state directory"
            }
        return reason.map { "\(words) (\($0))" } ?? words
    }

    private var name: String {
        let parts = [node, epoch.map { "epoch \($0)" }].compactMap(\.self)
        return parts.isEmpty ? "unknown: no opening of this store came to its end" : parts.joined(separator: ", ")
    }

    private var primerWords: String {
        guard let primer else { return "none yet" }
        let use = primer.isActive ? "in use" : "not in use: the hub has not said that it has it"
        return "\(Epoch.name(of: primer.identifier)), \(Self.bytes(UInt64(primer.bytes))), \(use)"
    }

    private var sealWords: String {
        let words = isSealed.map { $0 ? "end to end" : "no: set SLUICE_SEAL_TO_FILE" } ?? "nothing is sent"
        guard let refusedSeals, refusedSeals > 0 else { return words }
        return "\(words); \(refusedSeals) refused since the start: not sealed as it should be, or not by a trusted hub"
    }

    private var backlog: String {
        guard let backlogEvents, let backlogBytes else { return "unknown" }
        guard backlogEvents > 0 else { return "empty" }
        let age = oldestSeconds.map { ", the oldest \(Self.time($0)) old" } ?? ""
        let historical = historicalEvents.map { $0 > 0 ? ", \($0) of them behind newer ones" : "" } ?? ""
        return "\(backlogEvents) events, \(Self.bytes(backlogBytes))\(age)\(historical)"
    }

    private var gapRows: [(String, String)] {
        guard !gaps.isEmpty else { return [("given up", "nothing")] }
        return gaps.map { ("given up", "\($0.events) \($0.eventClass.name) events: \($0.reason.name)") }
    }

    private static func words(_ clock: ClockQuality) -> String {
        switch clock {
        case .synchronised: "synchronised"
        case .unsynchronised: "not synchronised: times of events are corrected when it is"
        case .unset: "not set: times of events are corrected when it is"
        }
    }

    private static func rate(_ perSecond: Double?) -> String {
        perSecond.map { "\(JSONText.decimal($0, digits: $0 < 10 ? 1 : 0))/s" } ?? "unknown"
    }

    /// Bytes in the unit that needs the fewest digits.
    package static func bytes(_ count: UInt64) -> String {
        let units: [(String, Double)] = [("GiB", 1_073_741_824), ("MiB", 1_048_576), ("KiB", 1024)]
        for (name, size) in units where Double(count) >= size {
            return "\(JSONText.decimal(Double(count) / size, digits: 1)) \(name)"
        }
        return "\(count) B"
    }

    /// Seconds in the unit that reads best.
    package static func time(_ seconds: Double) -> String {
        if seconds < 60 { return "\(JSONText.decimal(seconds, digits: 1)) s" }
        if seconds < 3600 { return "\(JSONText.decimal(seconds / 60, digits: 1)) min" }
        if seconds < 48 * 3600 { return "\(JSONText.decimal(seconds / 3600, digits: 1)) h" }
        return "\(JSONText.decimal(seconds / 86_400, digits: 0)) days"
    }
}
