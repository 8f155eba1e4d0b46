// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

struct CACommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ca",
        abstract: "A small authority for a fleet's certificates.",
        discussion: """
            Its files are in the directory ca of SLUICE_HUB_STATE_DIR: run these verbs as the hub's user. ca.key is the \
            authority: keep a copy of the directory where nobody else comes.
            """,
        subcommands: [
            CAInitCommand.self, CAHostCommand.self, CATokenCommand.self, CASignCommand.self, CAListCommand.self,
            CARevokeCommand.self,
        ]
    )
}
