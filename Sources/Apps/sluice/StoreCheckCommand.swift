// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Settings
import Startup
import Storage

struct StoreCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Says whether the store is whole; changes nothing.",
        discussion: """
            Looks at the files as the next start would, and then reads every event that waits and checks it. While the \
            agent runs, only the events are read.

            Exit code 1 when anything is damaged. Then the next start, or `sluice store repair`, saves what can be read.

            \(ProgramExit.help)
            """
    )

    func run() async {
        await withClearErrors {
            let config = try ProcessEnvironment.reader()
            let logger = try Launch.logger(label: "store", config)
            let check = try StoreCheck(directory: try config.value(Settings.stateDirectory), logger: logger)
            for file in check.damagedFiles { print("\(file) is kept from an earlier salvage") }
            if let damage = check.damage { throw Damaged("\(check.path) is damaged: \(damage)") }
            let running = check.isRunning ? ", while the agent runs" : ""
            print("\(check.path): \(check.events) waiting events were read\(running)")
            guard check.unreadable == 0 else {
                throw Damaged("\(check.unreadable) events cannot be read where they lie")
            }
            print("whole")
        }
    }

    private struct Damaged: Error, CustomStringConvertible {
        let text: String

        init(_ text: String) {
            self.text = text
        }

        var description: String {
            "\(text); the next start, or `sluice store repair`, saves what can be read and reports the rest as a gap"
        }
    }
}
