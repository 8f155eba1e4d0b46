// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "This node's key and certificate for its hub.",
        discussion: """
            They are in SLUICE_STATE_DIR, and hold for wss:// hubs where SLUICE_HUB_CERT_FILE, SLUICE_HUB_KEY_FILE and \
            SLUICE_HUB_CA_FILE are not set: run these verbs as the agent's user.
            """,
        subcommands: [
            KeysInitCommand.self, KeysRequestCommand.self, KeysEnrolCommand.self, KeysShowCommand.self,
            KeysRotateCommand.self,
        ]
    )
}
