// SPDX-License-Identifier: Apache-2.0

import Broker
package import Enrolment
import Events
import Notary
import Reception
import Startup
package import Storage

/// The truth about a hub at one moment; nil where only a running hub would know.
package struct HubStatus: Sendable {
    /// Whether events land, judged by the log, never by a connection.
    package enum State: String, Sendable {
        /// What agents send lands.
        case landing
        /// The log takes nothing at present: agents keep what they have.
        case refusing
        /// No hub runs with this state directory.
        case stopped
    }

    package var state: State
    /// Sixteen hexadecimal digits.
    package var hub: String?
    package var trouble: String?
    /// Names of the nodes that are connected.
    package var connected: [String]?
    package var subscribers: Int?
    /// Nodes that ever landed something.
    package var nodes: Int
    package var events: UInt64
    /// What SLUICE_HUB_KEEP has dropped, ever.
    package var dropped: HubLogStatistics.Dropped
    /// The oldest position in the log, or the next one where it holds nothing.
    package var oldestPosition: Int64
    /// Hub's clock when what is oldest began to land; nil where that is not known.
    package var oldestMilliseconds: Int64?
    /// The reader for which retention waits.
    package var awaitedReader: String?
    /// Primers of all nodes.
    package var primers: Int
    /// Since the hub started.
    package var landed: UInt64?
    package var repeated: UInt64?
    package var rejected: UInt64?
    package var faults: UInt64?
    /// Agents turned away: their TLS handshake failed, or their certificate is for another node.
    package var turnedAway: UInt64?
    /// Connections of agents ended because something sealed had been changed, repeated or left out on its way.
    package var refusedSeals: UInt64?
    /// Certificates that nodes were given, and requests without one as an answer; nil where none are issued.
    package var enrolment: EnrolmentStatistics?
    package var bytesReceived: UInt64?
    package var gapEvents: UInt64
    package var openGaps: Int
    /// Events under the newest checkpoint; nil where the hub does not run or does not sign.
    package var signedEvents: UInt64?
    /// Why nothing is signed at present.
    package var provenanceTrouble: String?
    package var diskBytes: Int64

    /// Of a hub that runs in this process.
    init(log: HubLog, reception: Reception, broker: MQTTBroker, notary: Notary?, door: EnrolmentDoor?) {
        let figures = log.statistics()
        let links = reception.statistics()
        state = figures.trouble == nil ? .landing : .refusing
        hub = Epoch.name(of: log.hubID)
        trouble = figures.trouble
        connected = reception.connectedNodes
        subscribers = broker.statistics().connections
        nodes = figures.nodes
        events = figures.events
        dropped = figures.dropped
        oldestPosition = figures.oldestPosition
        oldestMilliseconds = figures.oldestMilliseconds
        awaitedReader = figures.awaitedReader
        primers = figures.primers
        landed = figures.landed
        repeated = figures.repeated
        rejected = links.rejected
        faults = links.faults
        turnedAway = links.refusedHandshakes + links.notAuthorised
        refusedSeals = links.refusedSeals
        enrolment = door?.statistics()
        bytesReceived = links.bytesReceived
        gapEvents = figures.gapEvents
        openGaps = figures.openGaps
        signedEvents = notary?.leaves
        provenanceTrouble = notary?.trouble
        diskBytes = figures.diskBytes
    }

    /// Of a hub that does not run, from its file.
    package init(stopped directory: String) throws(StoreError) {
        let reader = try HubLog.openReader(directory: directory)
        let nodes = try reader.nodes()
        let gaps = try reader.gaps()
        state = .stopped
        hub = Epoch.name(of: try reader.hubID())
        self.nodes = nodes.count
        let retention = try reader.retention()
        dropped = retention.dropped
        oldestPosition = retention.oldestPosition
        oldestMilliseconds = retention.oldestMilliseconds
        let landed = nodes.reduce(0) { $0 &+ $1.events }
        events = landed &- min(landed, dropped.events)
        primers = try reader.primerCount()
        gapEvents = gaps.filter(\.gap.endKnown).reduce(0) { $0 &+ $1.gap.count }
        openGaps = gaps.count { !$0.gap.endKnown }
        diskBytes = HubLog.diskBytes(in: directory)
    }

    /// One line, the keys that scripts read.
    package var json: String {
        JSONText.object([
            ("state", JSONText.string(state.rawValue)),
            ("hub", hub.map(JSONText.string) ?? "null"),
            ("trouble", trouble.map(JSONText.string) ?? "null"),
            ("agents", connected.map { "\($0.count)" } ?? "null"),
            ("connected", connected.map { JSONText.array($0.map(JSONText.string)) } ?? "null"),
            ("subscribers", Self.number(subscribers)),
            ("nodes", "\(nodes)"),
            ("events", "\(events)"),
            ("primers", "\(primers)"),
            ("landed", Self.number(landed)),
            ("repeated", Self.number(repeated)),
            ("rejected", Self.number(rejected)),
            ("faults", Self.number(faults)),
            ("turned_away", Self.number(turnedAway)),
            ("refused_seals", Self.number(refusedSeals)),
            ("certificates_issued", Self.number(enrolment?.issued)),
            ("certificates_refused", Self.number(enrolment?.refused)),
            ("bytes_received", Self.number(bytesReceived)),
            ("gap_events", "\(gapEvents)"),
            ("open_gaps", "\(openGaps)"),
            ("signed_events", Self.number(signedEvents)),
            ("provenance_trouble", provenanceTrouble.map(JSONText.string) ?? "null"),
            ("disk_bytes", "\(diskBytes)"),
            ("oldest_position", "\(oldestPosition)"),
            ("oldest_ms", Self.number(oldestMilliseconds)),
            ("dropped_events", "\(dropped.events)"),
            ("dropped_position", "\(dropped.position)"),
            ("dropped_ms", dropped.position > 0 ? "\(dropped.milliseconds)" : "null"),
            ("awaited_reader", awaitedReader.map(JSONText.string) ?? "null"),
        ])
    }

    /// A table for people.
    package var table: String {
        var rows: [(String, String)] = [("state", sentence)]
        if let hub { rows.append(("hub", hub)) }
        if let connected {
            let names = connected.prefix(10).joined(separator: ", ") + (connected.count > 10 ? ", ..." : "")
            rows.append(("agents", connected.isEmpty ? "none connected" : "\(connected.count) connected: \(names)"))
        }
        if let subscribers { rows.append(("subscribers", "\(subscribers) connected")) }
        rows.append(("events", "\(events) of \(nodes) nodes in the log"))
        rows.append(("primers", "\(primers)"))
        if let landed, let repeated {
            rows.append(("since start", "\(landed) landed, \(repeated) came again and were not landed twice"))
        }
        if let rejected, let faults, rejected + faults > 0 {
            rows.append(("refused", "\(rejected) batches rejected, \(faults) connections closed for a fault"))
        }
        if let turnedAway, turnedAway > 0 {
            rows.append(("turned away", "\(turnedAway) connections: TLS, name or seal was wrong; the log says which"))
        }
        if let refusedSeals, refusedSeals > 0 {
            rows.append(("refused seals", "\(refusedSeals) connections: changed, repeated or cut on the way"))
        }
        if let enrolment {
            rows.append(("enrolment", "\(enrolment.issued) certificates issued, \(enrolment.refused) refused"))
        }
        rows.append(("given up", given))
        if let signedEvents { rows.append(("signed", provenanceTrouble ?? "\(signedEvents) events can be proven")) }
        rows.append(("kept", kept))
        if let awaitedReader {
            rows.append(("waiting", "older events stay until reader \(awaitedReader) has handed them on"))
        }
        rows.append(("disk", "\(diskBytes) bytes"))
        return rows.map { name, value in name + String(repeating: " ", count: 14 - name.count) + value }
            .joined(separator: "\n")
    }

    /// One line, for a service manager.
    package var line: String {
        "\(sentence); \(connected?.count ?? 0) agents connected, \(events) events in the log"
    }

    private var sentence: String {
        switch state {
        case .landing: "landing: what agents send is in the log before it is acknowledged"
        case .refusing: "refusing: nothing lands, agents keep what they have (\(trouble ?? ""))"
        case .stopped: "stopped: no hub runs with this state directory"
        }
    }

    private var given: String {
        guard gapEvents > 0 || openGaps > 0 else { return "nothing" }
        let open = openGaps > 0 ? ", and \(openGaps) gaps whose end nobody can know" : ""
        return "\(gapEvents) events\(open): `sluice-hub gaps` lists them"
    }

    private var kept: String {
        let since = oldestMilliseconds.map { ", from \(TailLines.time($0)) on" } ?? ""
        guard dropped.position > 0 else { return "all\(since): SLUICE_HUB_KEEP dropped nothing" }
        return
            "position \(oldestPosition) and later\(since); SLUICE_HUB_KEEP dropped \(dropped.events) events, the last "
            + "of them at \(TailLines.time(dropped.milliseconds))"
    }

    private static func number(_ value: (some BinaryInteger)?) -> String {
        value.map { "\($0)" } ?? "null"
    }
}
