// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Doctor
import Glibc
import NIOPosix
import Startup

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Proves on this machine that an event survives, and says what is in the way of that.",
        discussion: """
            Run it as the user and with the environment of the agent. In SLUICE_STATE_DIR it makes a scratch store beside \
            the real one, has a process write events there, kills it (SIGKILL) three times while it writes, and compares \
            what was acknowledged with what is there. Further it looks at syncs, file system and mount options, room \
            against SLUICE_BUFFER_MAX, permissions, the clock, the port for devices, a running agent, the hubs, and the \
            configuration. A running agent and its store are left alone.

            One line per check, `ok|warn|FAIL  what  - what to do`; with --json one object: result (ok, warn, fail) and \
            findings (check, level, what, advice). A power cut it cannot try: it tells what it can of syncs.

            Exit codes: 0 nothing failed, 1 a check failed, 64 wrong command line.
            """
    )

    @Flag(help: "One JSON object.")
    var json = false

    func run() async {
        await withClearErrors {
            let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
            let survival = SurvivalProbe(program: Self.ownPath, arguments: [ScratchCommand.name])
            let facts = await Doctor(survival: survival, eventLoop: group.next()).examine(ProcessEnvironment.variables)
            let report = DoctorReport(facts.findings)
            print(json ? report.json : report.text)
            ProgramExit.now(report.exitCode)
        }
    }

    /// This program's file: a child that is started by way of another one would find that in `/proc/self/exe`.
    private static var ownPath: String {
        guard let path = realpath("/proc/self/exe", nil) else { return "/proc/self/exe" }
        defer { free(path) }
        return String(cString: path)
    }
}
