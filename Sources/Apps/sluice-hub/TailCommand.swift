// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hub
import Settings
import Startup
import Storage

struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Prints the newest events: time, node, topic, payload.",
        discussion: """
            Times are corrected where the node's clock was wrong and it is known by how much; where that is a guess there is \
            a question mark behind the time.

            Reads the log in SLUICE_HUB_STATE_DIR, whether or not the hub runs. With --follow it goes on until it is \
            interrupted.

            \(ProgramExit.help)
            """
    )

    @Option(name: .customShort("n"), help: "How many events to begin with.")
    var count = 10

    @Flag(name: .shortAndLong, help: "Go on with what lands from now.")
    var follow = false

    func validate() throws {
        guard (0...1_000_000).contains(count) else { throw ValidationError("-n is 0 to 1000000") }
    }

    func run() async {
        await withClearErrors {
            let directory = try ProcessEnvironment.reader().value(Settings.hubStateDirectory)
            let reader = try HubLog.openReader(directory: directory)
            let head = try reader.head()
            // A row holds at least one event, so that many rows back are enough.
            var position = max(0, head - Int64(count))
            var lines: [String] = []
            while let entry = try reader.next(after: position) {
                position = entry.position
                lines += TailLines.lines(entry, clock: try reader.clock(of: entry))
                if lines.count > 2 * count { lines.removeFirst(lines.count - count) }
            }
            try StandardOutput.write(lines.suffix(count))
            while follow {
                try await Task.sleep(for: .milliseconds(200))
                try reader.renew()
                while let entry = try reader.next(after: position) {
                    position = entry.position
                    try StandardOutput.write(TailLines.lines(entry, clock: try reader.clock(of: entry))[...])
                }
            }
        }
    }
}
