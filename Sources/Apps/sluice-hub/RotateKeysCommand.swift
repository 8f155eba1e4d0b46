// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Hub
import Keys
import Startup

struct RotateKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Makes a new sealing key; the older ones go on to open what is sealed for them.",
        discussion: """
            A hub that runs takes it on SIGHUP (`systemctl reload sluice-hub`), without losing a connection. Then give \
            agents what `sluice-hub keys` prints, and reload them; when the last has it, remove the older lines from the \
            key file: what was recorded before cannot be opened any more, whoever gets hold of the hub.

            \(ProgramExit.help)
            """
    )

    func run() async {
        await withClearErrors {
            let keys = try SealKeyStore(try ProcessEnvironment.reader()).open()
            try keys.rotate()
            print(keys.recipients.first?.line ?? "")
        }
    }
}
