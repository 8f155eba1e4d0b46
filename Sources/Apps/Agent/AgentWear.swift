// SPDX-License-Identifier: Apache-2.0

import Startup
import Storage

/// What events cost the flash since the agent's start.
package struct AgentWear: Sendable, Equatable {
    /// Bytes given to the device, whatever for; nil where the kernel does not count them (proc_pid_io(5)).
    package var writtenBytes: UInt64?
    /// Topic and payload of what was taken.
    package var takenBytes: UInt64
    package var events: UInt64
    /// Transactions: groups of events, and what tidies up behind them.
    package var commits: UInt64
    /// Since the start.
    package var seconds: Double

    package init(writtenBytes: UInt64?, takenBytes: UInt64, events: UInt64, commits: UInt64, seconds: Double) {
        self.writtenBytes = writtenBytes
        self.takenBytes = takenBytes
        self.events = events
        self.commits = commits
        self.seconds = seconds
    }

    /// - Parameter seconds: since the agent's start.
    init(_ store: StoreStatistics, seconds: Double) {
        self.init(
            writtenBytes: store.writtenBytes,
            takenBytes: store.appendedBytes,
            events: store.appended,
            commits: store.commits,
            seconds: seconds
        )
    }

    /// Fewer events than this in a transaction, and sharing one would save most of what is written.
    private static let fewEvents = 4.0

    private var perByte: Double? {
        guard let writtenBytes, takenBytes > 0 else { return nil }
        return Double(writtenBytes) / Double(takenBytes)
    }
    private var eventsPerCommit: Double? { commits > 0 ? Double(events) / Double(commits) : nil }
    /// Nil within the first seconds, of which nothing follows for a day.
    private var perDay: Double? {
        guard let writtenBytes, seconds >= 10 else { return nil }
        return Double(writtenBytes) / seconds * 86_400
    }

    /// One line, the keys that scripts read.
    package var json: String {
        JSONText.object([
            ("seconds", JSONText.number(seconds, digits: 1)),
            ("events", String(events)),
            ("taken_bytes", String(takenBytes)),
            ("written_bytes", writtenBytes.map(String.init) ?? "null"),
            ("written_per_byte", JSONText.number(perByte, digits: 2)),
            ("commits", String(commits)),
            ("events_per_commit", JSONText.number(eventsPerCommit, digits: 2)),
            ("written_per_day", JSONText.number(perDay, digits: 0)),
        ])
    }

    /// For people.
    package var table: String {
        var rows: [(String, String)] = []
        rows.append(("since start", AgentStatus.time(seconds)))
        rows.append(("taken", "\(events) events, \(AgentStatus.bytes(takenBytes)) of topic and payload"))
        if let writtenBytes {
            rows.append(("written", "\(AgentStatus.bytes(writtenBytes)) to the device, whatever for"))
        } else {
            rows.append(("written", "unknown: this kernel does not count it (/proc/self/io)"))
        }
        if let perByte { rows.append(("for each byte", JSONText.decimal(perByte, digits: 1))) }
        if let eventsPerCommit {
            rows.append(("transactions", "\(commits), of \(JSONText.decimal(eventsPerCommit, digits: 1)) events each"))
        }
        if let perDay {
            let (day, year) = (UInt64(perDay), UInt64(perDay * 365))
            rows.append(("at this rate", "\(AgentStatus.bytes(day)) a day, \(AgentStatus.bytes(year)) a year"))
        }
        if events > 0, let eventsPerCommit, eventsPerCommit < Self.fewEvents {
            rows.append(("less", "SLUICE_COMMIT_INTERVAL=1s lets events share a transaction; PUBACKs wait as long"))
        }
        return rows.map { name, value in name + String(repeating: " ", count: 15 - name.count) + value }
            .joined(separator: "\n")
    }
}
