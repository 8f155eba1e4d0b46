// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Events
import Glibc
import Hub
import Settings
import Startup
import Storage

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copies the log into one file, while the hub runs or not.",
        discussion: """
            The copy of the log in SLUICE_HUB_STATE_DIR is consistent: all that had landed at one moment, with what \
            the hub remembers of it. It takes its name when it is complete, checked and synced; in a directory that is \
            hub-ID-POSITION.db. A file that is there is never overwritten. It holds events in plain: keep it as safe as \
            the log.

            While it runs, the hub goes on; with a size in SLUICE_HUB_KEEP that is nearly used up, agents may have to \
            wait for it, and keep what they have.

            The hub's keys are not in it: keep copies of node.key and seal.key, too, as safe as keys are kept. A hub that \
            is set up anew signs with others without the one, and gets nothing from agents that seal without the other. \
            provenance.db needs none: where it is lost, the hub signs what it has as another log.

            \(ProgramExit.help)
            """
    )

    @Argument(help: "A new file, or a directory.", completion: .file())
    var target: String

    func run() async {
        await withClearErrors {
            let directory = try ProcessEnvironment.reader().value(Settings.hubStateDirectory)
            let copy = try HubLog.backup(directory: directory, to: try path(directory))
            print("\(copy.path): \(copy.events) events up to position \(copy.head), \(copy.bytes) bytes")
        }
    }

    private func path(_ directory: String) throws -> String {
        var status = stat()
        guard stat(target, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return target }
        let reader = try HubLog.openReader(directory: directory)
        return "\(target)/hub-\(Epoch.name(of: try reader.hubID()))-\(try reader.head()).db"
    }
}
