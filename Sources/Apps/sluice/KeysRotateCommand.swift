// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Certification
import Enrolment
import Settings
import Startup

struct KeysRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Gets this node another key and certificate, by those that it has.",
        discussion: """
            An agent that runs uses them from its next connection on; the old ones hold until they expire, so that \
            nothing is cut. A certificate that has expired or was revoked renews nothing: enrol again by a token.

            \(ProgramExit.help)
            """
    )

    @Option(help: "Where the hub issues certificates; by default the machine of SLUICE_HUB, port 7481.")
    var hub: DoorAddress?

    func run() async {
        await withClearErrors {
            let own = try NodeFiles()
            let made = try await own.enrolment(at: hub).rotate()
            print("\(made.key.pin) until \(CalendarTime.text(made.validity.upperBound))")
            try own.tellAgent()
        }
    }
}
