// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

struct InspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Explains what an agent sent.",
        subcommands: [InspectBatchCommand.self]
    )
}
