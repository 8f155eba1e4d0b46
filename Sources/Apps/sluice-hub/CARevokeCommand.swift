// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Certification
import Enrolment
import Glibc
import Hub
import Settings
import Startup

struct CARevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Makes the certificates of a node count no more, and its tokens.",
        discussion: """
            A hub that runs ends the node's connection at once, and turns it away until it has another certificate. What \
            landed before stays. A node that was found or repaired enrols again by a new token.

            \(ProgramExit.help)
            """
    )

    @Argument(help: "A node, or the serial number of one certificate (`sluice-hub ca list`).")
    var name: String

    func run() async {
        await withClearErrors {
            let state = try ProcessEnvironment.reader().value(Settings.hubStateDirectory)
            for record in try Authority(state: state).revoke(name, now: Int64(time(nil))) {
                print("revoked: \(record.serial)  \(record.node)")
            }
            do throws(ControlClient.Failure) {
                _ = try ControlClient.request("revoked", path: Hub.socketPath(in: state))
            } catch {
                // The next start reads it.
                guard case .notRunning = error else { throw error }
            }
        }
    }
}
