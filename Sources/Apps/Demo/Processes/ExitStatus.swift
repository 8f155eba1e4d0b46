// SPDX-License-Identifier: Apache-2.0

/// How a process ended.
package enum ExitStatus: Sendable, Equatable {
    case code(Int32)
    case signal(Int32)

    /// From the word that `waitpid` fills in (wait(2)).
    package init(waitStatus: Int32) {
        let signal = waitStatus & 0x7F
        self = signal == 0 ? .code((waitStatus >> 8) & 0xFF) : .signal(signal)
    }
}

extension ExitStatus {
    /// It ended by itself, well or not; a crash is a signal.
    package var isCode: Bool {
        if case .code = self { true } else { false }
    }
}
