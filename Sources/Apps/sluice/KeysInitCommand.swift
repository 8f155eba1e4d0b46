// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Certification
import Enrolment
import Startup

struct KeysInitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Makes the private key that a certificate will be for, and prints its public half's name.",
        discussion: """
            The key is tls.key in SLUICE_STATE_DIR, for its owner only. One that is there stays.

            \(ProgramExit.help)
            """
    )

    func run() async {
        await withClearErrors {
            print(try NodeFiles().files.pendingKey().publicKey.pin)
        }
    }
}
