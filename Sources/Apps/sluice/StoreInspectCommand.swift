// SPDX-License-Identifier: Apache-2.0

import Agent
import ArgumentParser
import Glibc
import Settings
import Startup
import Storage

struct StoreInspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Says what is in the store, how old it is, and for whom.",
        discussion: """
            For each lane in which something waits: class, epoch, node, numbers, and when the oldest event was taken; \
            the gaps; and what each hub has acknowledged. Works while the agent runs, too, and changes nothing.

            \(ProgramExit.help)
            """
    )

    @Flag(help: "One line of JSON.")
    var json = false

    @Option(help: "Look at this copy of a store (see backup).", completion: .file())
    var file: String?

    func run() async {
        await withClearErrors {
            let view: StoreView
            if let file {
                view = try StoreView(copy: file)
            } else {
                view = try StoreView(directory: try ProcessEnvironment.reader().value(Settings.stateDirectory))
            }
            let facts = try view.facts()
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            print(json ? facts.json : facts.table(at: Int64(time.tv_sec) * 1000))
        }
    }
}
