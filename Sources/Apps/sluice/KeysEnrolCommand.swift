// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Certification
import Enrolment
import Settings
import Startup

struct KeysEnrolCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrol",
        abstract: "Gets this node its certificate by a token of `sluice-hub ca token`.",
        discussion: """
            sudo -u sluice sluice keys enrol --hub https://hub.example:7481 | sudo tee -a /etc/default/sluice
            sudo systemctl restart sluice

            The token is asked for, or is the first line of standard input, so that no list of processes shows it. It is \
            sent only to the hub that made it. What is printed is what the agent's configuration still lacks. Cut short, \
            it can be done again with the same token.

            \(ProgramExit.help)
            """
    )

    @Option(help: "Where the hub issues certificates; by default the machine of SLUICE_HUB, port 7481.")
    var hub: DoorAddress?

    func run() async {
        await withClearErrors {
            let own = try NodeFiles()
            let enrolment = try own.enrolment(at: hub)
            let token = try EnrolmentToken(text: try text())
            if let node = try own.node(), node != token.node {
                throw NodeFiles.Complaint(
                    description:
                        "the token is for node \(token.node), and this is \(node): set SLUICE_NODE, or get another"
                )
            }
            try own.refuseBacklog(ofOthersThan: token.node)
            _ = try await enrolment.enrol(token)
            for line in try own.linesToSet(node: token.node, door: hub) { print(line) }
            try own.tellAgent()
        }
    }

    private func text() throws -> String {
        let line = try SecretTerminal()?.read("Token: ") ?? InputBytes.standard.nextLine() ?? []
        return String(decoding: line, as: UTF8.self)
    }
}
