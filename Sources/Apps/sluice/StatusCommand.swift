// SPDX-License-Identifier: Apache-2.0

import Agent
import ArgumentParser
import Configuration
import Settings
import Startup

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows backlog, rates, age of the last hub ack, and how long an outage may last.",
        discussion: """
            Asks the agent that runs with SLUICE_STATE_DIR; when none does, reads its store and changes nothing. With \
            --json, one line: state (current, draining, buffering, no-hub, refusing, stopped), node, epoch, hub, \
            backlog_events, backlog_bytes, historical_events (those that leave behind newer ones, with \
            SLUICE_DRAIN=live-first), oldest_s, in_per_s, out_per_s, link_bytes_per_event, primer, sealed (end to end), \
            refused_seals, hub_ack_age_s, hours_left, written_bytes and written_per_byte (what the device was given since \
            the start, in all and for each byte of events), believed_hubs (connections whose hub was believed by its known \
            key, as the clock was wrong), source (with SLUICE_SOURCE: address, reading, trouble, stored, last_s), gaps \
            (class, reason, events), mqtt; null where unknown, as is what only a running \
            agent would know.

            \(ProgramExit.help)
            """
    )

    @Flag(help: "One line of JSON.")
    var json = false

    /// An agent that starts or ends changes its store; then it is asked, or its store read, again.
    private static let attempts = 50

    func run() async {
        await withClearErrors {
            let directory = try ProcessEnvironment.reader().value(Settings.stateDirectory)
            let socket = Agent.socketPath(in: directory)
            for _ in 0..<Self.attempts {
                do {
                    let line = try ControlClient.request(json ? "status" : "table", path: socket)
                    return print(json ? line : line.split(separator: "\t").joined(separator: "\n"))
                } catch ControlClient.Failure.notRunning {
                    if let status = try AgentStatus(stopped: directory) {
                        print(json ? status.json : status.table)
                        ProgramExit.now(ProgramExit.notRunning)
                    }
                }
                try await Task.sleep(for: .milliseconds(100))
            }
            throw Unsettled(directory: directory)
        }
    }

    /// Something writes there and does not answer.
    private struct Unsettled: Error, CustomStringConvertible {
        var directory: String
        var description: String { "\(directory): the store keeps being changed, and no agent answers: try again" }
    }
}
