// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Startup

@main
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Takes events from devices over MQTT, keeps them safe, and gets every one to the hub.",
        discussion: """
            The smallest useful configuration is one line: SLUICE_HUB=ws://127.0.0.1:7480 sluice agent
            Configuration is environment variables only; `sluice config` lists them all.

            \(ProgramExit.help)
            """,
        version: ProgramVersion.text,
        subcommands: [
            AgentCommand.self, DemoCommand.self, PubCommand.self, SubCommand.self, StatusCommand.self,
            ConfigCommand.self, PasswdCommand.self, DoctorCommand.self, CodecCommand.self, InspectCommand.self,
            StoreCommand.self, VerifyCommand.self, KeysCommand.self,
            ScratchCommand.self,
        ]
    )

    static func main() async {
        Launch.ignoreBrokenPipes()
        await main(nil)
    }
}
