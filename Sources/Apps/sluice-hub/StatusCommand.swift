// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hub
import Settings
import Startup

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows whether events land, who is connected, and what is in the log.",
        discussion: """
            Asks the hub that runs with SLUICE_HUB_STATE_DIR; when none does, reads its log. With --json, one line: \
            state (landing, refusing, stopped), hub, trouble, agents, connected, subscribers, nodes, events, landed, \
            repeated, rejected, faults, turned_away, refused_seals, bytes_received, gap_events, open_gaps, signed_events, \
            provenance_trouble, disk_bytes, oldest_position, oldest_ms, dropped_events, dropped_position, dropped_ms, \
            awaited_reader; null where only a running hub would know.

            What SLUICE_HUB_KEEP dropped is counted in dropped_*, and is no gap: it had landed. awaited_reader has not \
            handed on yet what would be dropped next.

            \(ProgramExit.help)
            """
    )

    @Flag(help: "One line of JSON.")
    var json = false

    func run() async {
        await withClearErrors {
            let directory = try ProcessEnvironment.reader().value(Settings.hubStateDirectory)
            do {
                let line = try ControlClient.request(json ? "status" : "table", path: Hub.socketPath(in: directory))
                print(json ? line : line.split(separator: "\t").joined(separator: "\n"))
            } catch ControlClient.Failure.notRunning {
                let status = try HubStatus(stopped: directory)
                print(json ? status.json : status.table)
                ProgramExit.now(ProgramExit.notRunning)
            }
        }
    }
}
