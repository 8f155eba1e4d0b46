// SPDX-License-Identifier: Apache-2.0

import Agent
import ArgumentParser
import Events
import Settings
import Startup
import Storage

struct StoreRepairCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repair",
        abstract: "Does what the agent's start would do with a damaged store, and ends.",
        discussion: """
            Refused while the agent runs. Every event that a checksum proves goes into a new store under its old \
            identity; the rest is a gap that the hub will be told of. Where any are missing, the damaged files stay \
            beside the store as store.db.damaged-N, the newest only. A whole store is opened and closed, which begins a \
            new epoch, as every start does.

            Each event is read once more at the end. What is found is logged to standard error.

            \(ProgramExit.help)
            """
    )

    func run() async {
        await withClearErrors {
            let config = try ProcessEnvironment.reader()
            let logger = try Launch.logger(label: "store", config)
            let configuration = try AgentConfiguration(config).store
            // A verb does not make what is not there.
            try StoreCheck.requireStore(in: configuration.directory)
            let store = try AgentStore.open(configuration, randomID: { .random(in: 1...UInt64.max) }, logger: logger)
            let figures = store.statistics()
            await store.close()
            let check = try StoreCheck(directory: configuration.directory, logger: logger)
            print("\(check.path): \(figures.backlogEvents) events wait, \(check.events) of them were read")
            for gap in figures.gaps {
                print("given up since the store was made: \(gap.events) \(gap.eventClass) events, \(gap.reason.name)")
            }
            for file in check.damagedFiles { print("\(file) is kept: `sluice store export --file \(file)`") }
            guard check.isWhole else { throw StillDamaged(path: check.path) }
        }
    }

    private struct StillDamaged: Error, CustomStringConvertible {
        var path: String
        var description: String { "\(path) is still damaged: the disk may be; run `sluice doctor`" }
    }
}
