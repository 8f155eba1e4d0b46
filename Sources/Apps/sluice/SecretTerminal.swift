// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A terminal that does not show what is typed.
struct SecretTerminal {
    private static let interrupt: UInt8 = 0x03

    private let shown: termios

    /// Nil where standard input is no terminal.
    init?() {
        var attributes = termios()
        guard tcgetattr(STDIN_FILENO, &attributes) == 0 else { return nil }
        shown = attributes
    }

    /// Asks, and reads one line.
    func read(_ question: String) throws -> [UInt8] {
        var text = question
        text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
        // Ended by a signal in between, it would leave a terminal that shows nothing: ^C ends the line and is seen here.
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO | ISIG)
        withUnsafeMutableBytes(of: &hidden.c_cc) { $0[Int(VEOL)] = Self.interrupt }
        var given = shown
        defer { tcsetattr(STDIN_FILENO, TCSAFLUSH, &given) }
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        let line = try line()
        _ = write(STDERR_FILENO, "\n", 1)
        return line
    }

    private func line() throws -> [UInt8] {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            let count = Glibc.read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1, byte != Self.interrupt else { throw UserChange.Fault("no password was given") }
            if byte == UInt8(ascii: "\n") { return line }
            line.append(byte)
        }
    }
}
