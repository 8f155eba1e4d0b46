// SPDX-License-Identifier: Apache-2.0

import Startup

/// How a demo ended: the judge's verdict and what was measured on the sockets.
package struct DemoReport: Sendable {
    package var verdict: Verdict
    /// Both ways between agent and hub, as the bytes passed through the proxy.
    package var linkBytes: UInt64 = 0
    /// Application bytes both ways on the devices' connections.
    package var deviceBytes: UInt64 = 0
    package var drainPerSecond: Double?
    package var drainBytesPerEvent: Double?
    package var backlogMaximum: UInt64 = 0
    package var seconds = 0.0
    /// Why the verdict may not be final, such as a drain that did not end in time.
    package var remarks: [String] = []

    package init(verdict: Verdict) {
        self.verdict = verdict
    }

    /// Nothing lost, duplicated, out of order or changed.
    package var isClean: Bool { verdict.isClean && remarks.isEmpty }

    package var linkBytesPerEvent: Double? { Self.ratio(linkBytes, verdict.landed) }
    package var deviceBytesPerEvent: Double? { Self.ratio(deviceBytes, verdict.published) }

    /// One line, the keys that scripts read.
    package var json: String {
        JSONText.object([
            ("published", String(verdict.published)),
            ("acknowledged", String(verdict.acknowledged)),
            ("resent_by_devices", String(verdict.resentByDevices)),
            ("landed", String(verdict.landed)),
            ("lost", String(verdict.lost)),
            ("duplicated", String(verdict.duplicated)),
            ("out_of_order", String(verdict.outOfOrder)),
            ("link_bytes_per_event", JSONText.number(linkBytesPerEvent)),
            ("mqtt_bytes_per_event", JSONText.number(deviceBytesPerEvent)),
            ("drain_events_per_s", JSONText.number(drainPerSecond, digits: 0)),
            ("backlog_max", String(backlogMaximum)),
            ("seconds", JSONText.number(seconds, digits: 1)),
        ])
    }

    /// A table for people.
    package var table: String {
        var rows: [(String, String, String)] = [
            ("published by devices", "\(verdict.published)", ""),
            ("acknowledged to devices", "\(verdict.acknowledged)", ""),
            ("re-sent by devices", "\(verdict.resentByDevices)", "no answer before the kill: a new event each"),
            ("landed at the hub", "\(verdict.landed)", ""),
            ("lost", "\(verdict.lost)", ""),
            ("duplicated", "\(verdict.duplicated)", ""),
            ("out of order", "\(verdict.outOfOrder)", ""),
        ]
        if verdict.foreign > 0 { rows.append(("changed", "\(verdict.foreign)", "published by nobody")) }
        rows.append(("bytes/event on the link", Self.decimal(linkBytesPerEvent), comparison))
        rows.append(("  while draining", Self.decimal(drainBytesPerEvent), "full packets"))
        rows.append(("drain", drainPerSecond.map { "\(JSONText.decimal($0, digits: 0))/s" } ?? "-", ""))
        rows.append(("largest backlog", "\(backlogMaximum)", "events"))
        rows.append(("time", "\(JSONText.decimal(seconds, digits: 1)) s", ""))
        let lines = rows.map { name, value, note in
            "  \(Self.padded(name, 26))\(String(repeating: " ", count: max(0, 12 - value.count)))\(value)  \(note)"
        }
        return (lines + remarks.map { "  ! \($0)" } + verdict.findings.map { "  ! \($0)" } + [sentence])
            .joined(separator: "\n")
    }

    private var sentence: String {
        isClean
            ? "\nEvery acknowledged event landed, once, in order: devices' records against the hub's export."
            : "\nNOT every acknowledged event landed once and in order."
    }

    private var comparison: String {
        guard let link = linkBytesPerEvent, let device = deviceBytesPerEvent, link > 0 else { return "" }
        return "MQTT QoS 1, one publish each, same run: \(Self.decimal(device)) "
            + "(\(JSONText.decimal(device / link, digits: 1)) times as many)"
    }

    private static func ratio(_ bytes: UInt64, _ events: Int) -> Double? {
        events > 0 ? Double(bytes) / Double(events) : nil
    }

    private static func decimal(_ value: Double?) -> String {
        value.map { JSONText.decimal($0, digits: 2) } ?? "-"
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
