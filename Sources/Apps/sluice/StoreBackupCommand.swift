// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Events
import Glibc
import Settings
import Startup
import Storage

struct StoreBackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies the store into one file, while the agent runs or not.",
        discussion: """
            The copy is consistent: all that was acknowledged to devices at one moment and had not reached a hub. It \
            takes its name when it is complete, checked and synced; in a directory that is store-ID.db. A file that is \
            there is never overwritten. It holds events in plain: keep it as safe as the store. While it is made, the \
            agent goes on; where SLUICE_BUFFER_MAX is nearly used up, devices may have to wait for it.

            \(meaning)

            \(ProgramExit.help)
            """
    )

    private static let meaning = """
        To restore it: stop the agent, put the file in the place of store.db, remove store.db-wal and store.db-shm, leave \
        the file `ceiling` as it is, and start. What a restore means: the agent begins a new epoch, so no number is ever \
        used twice, whatever the lost store had given out. What waited at the backup is offered again under its old \
        numbers, and a hub that has it already does not take it twice. What was taken after the backup and had not \
        reached a hub is lost, and is recorded as gaps up to the highest number that `ceiling` knows.
        """

    @Argument(help: "A new file, or a directory.", completion: .file())
    var target: String

    func run() async {
        await withClearErrors {
            let directory = try ProcessEnvironment.reader().value(Settings.stateDirectory)
            let path = try path(directory)
            let facts = try AgentStore.backup(directory: directory, to: path)
            print("\(path): \(facts.events) events that wait, of \(facts.node)")
        }
    }

    private func path(_ directory: String) throws -> String {
        var status = stat()
        guard stat(target, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return target }
        let facts = try StoreView(directory: directory).facts()
        return "\(target)/store-\(Epoch.name(of: facts.storeID)).db"
    }
}
