// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

@main
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "sluice", abstract: "Edge bus agent.")
}
