// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

struct CodecCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "codec",
        abstract: "Measures the batch codec on recordings.",
        subcommands: [CodecBenchCommand.self]
    )
}
