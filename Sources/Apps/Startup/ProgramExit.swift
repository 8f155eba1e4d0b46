// SPDX-License-Identifier: Apache-2.0

import Glibc

/// How both programs end, for scripts; `--help` lists them.
package enum ProgramExit {
    /// Something could not be done; the message says what.
    package static let failure: Int32 = 1
    /// The program that was asked does not run.
    package static let notRunning: Int32 = 2
    /// A batch builds on a primer that was not given.
    package static let primerMissing: Int32 = 3
    /// The configuration is refused (sysexits.h EX_CONFIG).
    package static let configuration: Int32 = 78

    /// For the end of `--help`.
    package static let help = """
        Exit codes: 0 done, 1 failed, 2 the program that was asked does not run, 64 wrong command line, \
        78 configuration refused.
        """

    /// Writes a line to standard error; journald takes it for an error (sd-daemon(3)).
    package static func complain(_ text: String) {
        var line = (getenv("JOURNAL_STREAM") == nil ? "" : "<3>") + text + "\n"
        line.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }

    /// Ends the program; what was printed is flushed.
    package static func now(_ code: Int32) -> Never {
        exit(code)
    }
}
