// SPDX-License-Identifier: Apache-2.0

import Settings

/// Runs a verb: an error ends the program with one line that says what happened, and with the exit code for it.
package func withClearErrors<Result>(_ body: () async throws -> Result) async -> Result {
    do {
        return try await body()
    } catch {
        report(error)
    }
}

private func report(_ error: any Error) -> Never {
    let program = CommandLine.arguments.first?.split(separator: "/").last ?? "sluice"
    ProgramExit.complain("\(program): \(error)")
    ProgramExit.now(error is SettingFault ? ProgramExit.configuration : ProgramExit.failure)
}
