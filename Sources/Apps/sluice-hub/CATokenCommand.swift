// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Certification
import Enrolment
import Glibc
import Settings
import Startup

struct CATokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Prints a token by which one node gets its certificate, once.",
        discussion: """
            sluice-hub ca token pump-7                                    at the hub
            sluice keys enrol --hub https://hub.example:7481 < token      at the node

            Who has the token before it is used gets the node's certificate: bring it by a way that you trust. The hub \
            keeps its hash only. Revoking the node takes it back.

            \(ProgramExit.help)
            """
    )

    /// As long as SLUICE_BUFFER_MAX_AGE may be: a token on a label waits for its gateway to be mounted.
    private static let longest: Duration = .seconds(87_600 * 3_600)

    @Option(help: "How long it can be used: 30m, 1h, 72h.")
    var valid = "1h"

    @Argument(help: "The node's name, its SLUICE_NODE.")
    var node: String

    func validate() throws {
        guard NodeName.isAllowed(node) else { throw ValidationError("\(node) is no node's name: \(NodeName.allowed)") }
        _ = try seconds()
    }

    func run() async {
        await withClearErrors {
            let state = try ProcessEnvironment.reader().value(Settings.hubStateDirectory)
            let token = try Authority(state: state).token(for: node, seconds: seconds(), now: Int64(time(nil)))
            print(token.text)
        }
    }

    private func seconds() throws -> Int64 {
        guard let time = Duration(settingText: valid), time >= .seconds(60), time <= Self.longest else {
            throw ValidationError("--valid \(valid): a duration from 1m to 87600h is wanted")
        }
        return time.components.seconds
    }
}
