// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Startup

struct StoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "Looks at an agent's store.",
        discussion: """
            The store is store.db in SLUICE_STATE_DIR.

            \(ProgramExit.help)
            """,
        subcommands: [StoreWearCommand.self]
    )
}
