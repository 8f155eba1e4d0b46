// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Settings
import Startup
import Storage

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Makes a backup the hub's log again.",
        discussion: """
            Refused while the hub runs. The log that is in SLUICE_HUB_STATE_DIR stays there as hub.db.replaced-N.

            \(meaning)

            Positions (`export --after`) go on far behind all that were in use, so that whoever follows by position \
            misses nothing that lands from now on; events that are sent again land at new positions.

            \(ProgramExit.help)
            """
    )

    private static let meaning = """
        What a restore means: the log is again what it was at the backup. Of what landed after it, agents send again \
        what they still have; the rest is lost, and is recorded as gaps with the reason hub-restored when the agents \
        connect (`sluice-hub gaps`). MQTT subscribers get again what they got after the backup, as far as it comes again.
        """

    @Argument(help: "A file that `sluice-hub backup` made.", completion: .file())
    var file: String

    func run() async {
        await withClearErrors {
            let directory = try ProcessEnvironment.reader().value(Settings.hubStateDirectory)
            let (copy, replaced) = try HubLog.restore(directory: directory, from: file)
            print("\(copy.path): \(copy.events) events up to position \(copy.head), as in \(file)")
            if let replaced { print("the log before is kept as \(replaced)") }
            print(Self.meaning)
        }
    }
}
