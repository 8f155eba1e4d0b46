// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hub
import Settings
import Startup
import Storage

struct GapsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gaps",
        abstract: "Lists the events that were given up or lost, with the reason.",
        discussion: """
            Reads the log in SLUICE_HUB_STATE_DIR, whether or not the hub runs. With --json, one line per gap: node, \
            epoch, partition, first, last, class (alarm, normal, bulk), reason, end_known, recorded_ms. \
            Where end_known is false nobody can know how many events were lost: last is the highest number that may have been in use.

            Reasons: buffer-full and expired (the agent's buffer gave them up), unreadable (a damaged file of the agent \
            or of this hub), rejected (this hub cannot take them), hub-restored and store-restored (lost with a damaged \
            file, or because an older copy was restored).

            What the hub itself drops because of SLUICE_HUB_KEEP had landed, and is no gap: `sluice-hub status` counts \
            it.

            \(ProgramExit.help)
            """
    )

    @Flag(help: "JSON lines.")
    var json = false

    @Option(help: "Only gaps of this node.")
    var node: String?

    func run() async {
        await withClearErrors {
            let directory = try ProcessEnvironment.reader().value(Settings.hubStateDirectory)
            let gaps = GapList(try HubLog.openReader(directory: directory).gaps(), node: node)
            try StandardOutput.write(Array((json ? gaps.json : gaps.table).utf8))
        }
    }
}
