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
            Asks the agent that runs with SLUICE_STATE_DIR. With --json, one line: state (current, draining, buffering, \
            no-hub, refusing, stopped), node, epoch, hub, backlog_events, backlog_bytes, oldest_s, in_per_s, out_per_s, \
            link_bytes_per_event, hub_ack_age_s, hours_left, gaps (class, reason, events); null where unknown.

            \(ProgramExit.help)
            """
    )

    @Flag(help: "One line of JSON.")
    var json = false

    func run() async {
        await withClearErrors {
            let config = try ProcessEnvironment.reader()
            let directory = try config.value(Settings.stateDirectory)
            do {
                let line = try ControlClient.request(json ? "status" : "table", path: Agent.socketPath(in: directory))
                print(json ? line : line.split(separator: "\t").joined(separator: "\n"))
            } catch ControlClient.Failure.notRunning {
                print(json ? AgentStatus(state: .stopped).json : "stopped: no agent runs with \(directory)")
                ProgramExit.now(ProgramExit.notRunning)
            }
        }
    }
}
