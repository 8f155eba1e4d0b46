// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Startup

@main
struct SluiceHub: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice-hub",
        abstract: "Takes what agents send, lands it once in its log, and hands it on to MQTT subscribers.",
        discussion: """
            Start it with `sluice-hub run`; agents find it by SLUICE_HUB=ws://ADDRESS:7480. Then watch what arrives:
              sluice-hub tail --follow
              mosquitto_sub -p 1884 -t '#' -v
            Configuration is environment variables only; `sluice-hub config` lists them all.

            \(ProgramExit.help)
            """,
        version: ProgramVersion.text,
        subcommands: [
            RunCommand.self, StatusCommand.self, TailCommand.self, ExportCommand.self, GapsCommand.self,
            BackupCommand.self, RestoreCommand.self, ProveCommand.self, AuditCommand.self, KeysCommand.self,
            CACommand.self, ConfigCommand.self,
        ]
    )

    static func main() async {
        Launch.ignoreBrokenPipes()
        await main(nil)
    }
}
