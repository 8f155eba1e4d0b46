// SPDX-License-Identifier: Apache-2.0

import Agent
import ArgumentParser
import Settings
import Startup

struct StoreWearCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wear",
        abstract: "Says what events cost the flash: bytes written for each byte taken.",
        discussion: """
            Asks the agent that runs with SLUICE_STATE_DIR; the kernel counts what it gave to the device since its start \
            (write_bytes in /proc/PID/io). With --json, one line: seconds, events, taken_bytes (topic and payload), \
            written_bytes, written_per_byte, commits, events_per_commit, written_per_day; null where unknown, as on a \
            file system in memory.

            \(ProgramExit.help)
            """
    )

    @Flag(help: "One line of JSON.")
    var json = false

    func run() async {
        await withClearErrors {
            let directory = try ProcessEnvironment.reader().value(Settings.stateDirectory)
            do {
                let request = json ? "wear" : "wear-table"
                let line = try ControlClient.request(request, path: Agent.socketPath(in: directory))
                print(json ? line : line.split(separator: "\t").joined(separator: "\n"))
            } catch ControlClient.Failure.notRunning(let path) {
                ProgramExit.complain(
                    "sluice: nothing answers on \(path): what is written is counted while the agent runs"
                )
                ProgramExit.now(ProgramExit.notRunning)
            }
        }
    }
}
