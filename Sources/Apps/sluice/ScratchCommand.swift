// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Doctor
import Startup

/// The process that `doctor` kills.
struct ScratchCommand: AsyncParsableCommand {
    static let name = "doctor-scratch"
    static let configuration = CommandConfiguration(
        commandName: name,
        abstract: "Writes events into a scratch store until it is killed.",
        shouldDisplay: false
    )

    @Argument var directory: String
    @Argument var round: Int

    func run() async {
        await withClearErrors { try await ScratchStore.write(directory, round: round) }
    }
}
