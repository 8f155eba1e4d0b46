// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Demo
import Glibc
import NIOPosix
import Startup

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Shows an outage on this machine: link cut, agent killed, link restored, nothing lost.",
        discussion: """
            Starts a hub and an agent as two processes on loopback with stores in a temporary directory. Simulated \
            devices publish this machine's own load (/proc) over MQTT with QoS 1 and keep their own record. After some \
            seconds the link goes silent; the agent is killed with -9 and started again; the link comes back. At the \
            end the devices' records are compared with the hub's export, event by event.

            --file replays a recording instead, one JSON object per line: topic, ts_ms, and payload or payload_b64.

            --json prints one line: published, acknowledged, resent_by_devices, landed, lost, duplicated, out_of_order, \
            link_bytes_per_event, mqtt_bytes_per_event, drain_events_per_s, backlog_max, seconds. A device that got no \
            answer before the kill sends again; that is a new event, counted in resent_by_devices.

            Exit code 0 only if lost, duplicated and out_of_order are 0. \(ProgramExit.help)
            """
    )

    @Flag(help: "One line of JSON instead of the table; progress goes to standard error.")
    var json = false

    @Option(help: "Replay this recording (JSON lines) instead of this machine's load.")
    var file: String?

    @Option(help: "Events per second of all devices together (a recording: as fast as it is acknowledged).")
    var rate: Double?

    func validate() throws {
        if let rate, !(rate > 0 && rate <= 1_000_000) { throw ValidationError("--rate is above 0, not \(rate)") }
    }

    func run() async {
        await withClearErrors {
            let options = DemoOptions(recording: file, rate: rate)
            let live = LiveLine(descriptor: json ? STDERR_FILENO : STDOUT_FILENO)
            let report = try await Launch.untilSignal {
                try await DemoScenario(options, on: MultiThreadedEventLoopGroup.singleton).run(live: live)
            }
            print(json ? report.json : report.table)
            if json, !report.isClean { ProgramExit.complain(report.table) }
            if !report.isClean { ProgramExit.now(ProgramExit.failure) }
        }
    }
}
