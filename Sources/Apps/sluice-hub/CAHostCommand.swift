// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Enrolment
import Glibc
import Settings
import Startup

struct CAHostCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "host",
        abstract: "Makes the hub's certificate anew, for these names and no others.",
        discussion: """
            Name all that agents have for this hub, those that it has had before, too. \
            The hub's key stays, and so does what SLUICE_HUB_PIN says of it. `systemctl reload sluice-hub` puts the new \
            certificate into effect; no connection is cut for it.

            \(ProgramExit.help)
            """
    )

    @Argument(help: "DNS names and addresses that agents have for this hub.")
    var host: [String]

    func run() async {
        await withClearErrors {
            let state = try ProcessEnvironment.reader().value(Settings.hubStateDirectory)
            try Authority(state: state).certifyHub(host, now: Int64(time(nil)))
            print("the hub's certificate is for \(host.joined(separator: ", ")): reload the hub to use it")
        }
    }
}
