// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

@main
struct SluiceHub: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "sluice-hub", abstract: "Hub of the edge bus.")
}
