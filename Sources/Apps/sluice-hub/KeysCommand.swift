// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hub
import Settings
import Startup
import Storage

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Prints the public keys that the hub signs with, and those of the nodes that it knows.",
        discussion: """
            What it prints is what `sluice verify --keys` reads. Bring it to whoever checks proofs by a way that nobody \
            changes it on:
              sluice-hub keys > hub.keys

            The private halves are in node.key, made when the hub first runs. Run this as the hub's user.

            \(ProgramExit.help)
            """
    )

    func run() async {
        await withClearErrors {
            let directory = try ProcessEnvironment.reader().value(Settings.hubStateDirectory)
            let hubID = try HubLog.openReader(directory: directory).hubID()
            print(try ProofKeys(directory: directory, hubID: hubID).text, terminator: "")
        }
    }
}
