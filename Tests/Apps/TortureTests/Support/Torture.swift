// SPDX-License-Identifier: Apache-2.0

import Demo
import Glibc
import NIOCore
import NIOPosix
import TestSupport
import Testing

/// Faults against the real programs: `sluice agent` and `sluice-hub run` as processes on loopback, judged by what
/// devices recorded against what the hub exports.
///
/// One after the other, because each wants the machine. `TORTURE_ROUNDS=4` makes every run four times as long (50 kills
/// instead of 13, a backlog of 200,000 events instead of 50,000); `TORTURE_SEED` repeats a run.
@Suite(.serialized) struct TortureTests {}

/// What a run of the torture tests was asked for.
enum Torture {
    /// At least 1.
    static let rounds = max(1, Int(variable("TORTURE_ROUNDS") ?? "") ?? 1)
    static let seed = UInt64(variable("TORTURE_SEED") ?? "") ?? UInt64(bitPattern: Int64(time(nil)))
    static let isRoot = geteuid() == 0

    static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    /// Whether a program runs and succeeds: for tests that need what not every machine allows.
    static func allows(_ program: String, _ arguments: String...) async -> Bool {
        guard let child = try? ChildProcess(program, arguments, environment: Site.plainEnvironment) else {
            return false
        }
        return (try? await child.exit(within: .seconds(10))) == .code(0)
    }
}
