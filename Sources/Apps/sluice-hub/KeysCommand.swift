// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hub
import Keys
import Settings
import Startup
import Storage

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract:
            "Prints the public keys that the hub signs with and opens with, and those of the nodes that it knows.",
        discussion: """
            What it prints is what `sluice verify --keys` reads, and what an agent's SLUICE_SEAL_TO_FILE holds: that agent \
            seals all that it sends, and sends it to no hub that has not the private half. Bring it to agents, and to \
            whoever checks proofs, by a way that nobody changes it on:
              sluice-hub keys > hub.keys

            The private halves are in node.key and seal.key, made when the hub first runs. Run this as the hub's user.

            \(ProgramExit.help)
            """,
        subcommands: [RotateKeysCommand.self]
    )

    func run() async {
        await withClearErrors {
            let config = try ProcessEnvironment.reader()
            let directory = try config.value(Settings.hubStateDirectory)
            if try config.value(Settings.provenance) == "on" {
                let hubID = try HubLog.openReader(directory: directory).hubID()
                print(try ProofKeys(directory: directory, hubID: hubID).text, terminator: "")
            }
            print(try SealKeyStore(config).open().text, terminator: "")
        }
    }
}
