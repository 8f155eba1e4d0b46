// SPDX-License-Identifier: Apache-2.0

import Agent
import ArgumentParser
import Settings
import Startup
import Storage

struct StoreExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Prints the events that wait in the store as JSON lines.",
        discussion: """
            The columns are those of `sluice-hub export`: node, epoch, partition, seq, topic, ts_ms, ts_raw_ms, \
            ts_quality, payload or payload_b64, attributes. Lane by lane, oldest epoch first. What no hub has \
            acknowledged is printed; it stays in the store, and reaches the hub under the same node, epoch, partition \
            and seq. While the agent runs, what is acknowledged meanwhile may be left out.

            --file reads a damaged file instead, as a salvage does: every event that a checksum proves, in the order in \
            which they lie, those that a hub has had included, with ts_ms as the node's clock said.

            Exit code 1 when events could not be read; all others are printed.

            \(ProgramExit.help)
            """
    )

    @Option(help: "Read this file, such as store.db.damaged-1, and the -wal beside it.", completion: .file())
    var file: String?

    func run() async {
        await withClearErrors {
            var export = StoreExport { try StandardOutput.write($0) }
            if let file {
                try export.run(DamagedStoreView(path: file))
            } else {
                try export.run(StoreView(directory: try ProcessEnvironment.reader().value(Settings.stateDirectory)))
            }
            guard export.unreadable == 0 else { throw Incomplete(events: export.unreadable) }
        }
    }

    /// The export is not all that was taken, and must not pass for it.
    private struct Incomplete: Error, CustomStringConvertible {
        var events: UInt64
        var description: String { "\(events) events cannot be read and were left out" }
    }
}
