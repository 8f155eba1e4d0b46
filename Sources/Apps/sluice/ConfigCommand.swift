// SPDX-License-Identifier: Apache-2.0

import Agent
import ArgumentParser
import Configuration
import Settings
import Startup

struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Shows every variable with its value, its default and where the value came from.",
        discussion: """
            Checks the configuration as `sluice agent` would, and exits with 78 when it is refused.

            \(ProgramExit.help)
            """
    )

    @Flag(help: "One JSON array: name, value, default, source, program, meaning.")
    var json = false

    @Flag(help: .hidden)
    var markdown = false

    @Flag(help: .hidden)
    var environmentFile = false

    func run() async {
        if environmentFile {
            print(ConfigurationListing.environmentFile(of: .agent))
            return
        }
        if markdown {
            print(ConfigurationListing.markdown)
            return
        }
        await withClearErrors {
            let config = try ProcessEnvironment.reader()
            let listing = ConfigurationListing(config)
            print(json ? listing.json : listing.table)
            _ = try AgentConfiguration(config)
        }
    }
}
