// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Startup

struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Looks at an agent's store, copies it, and gets events out of it.",
        discussion: """
            The store is store.db in SLUICE_STATE_DIR. What only looks works whether the agent runs or not, and changes \
            no file; repair wants it stopped, replay wants it running.

            A damaged store needs no verb: the agent saves what can be read when it starts.

            \(ProgramExit.help)
            """,
        subcommands: [
            StoreCheckCommand.self, StoreRepairCommand.self, StoreInspectCommand.self, StoreExportCommand.self,
            StoreReplayCommand.self, StoreBackupCommand.self, StoreWearCommand.self,
        ]
    )
}
