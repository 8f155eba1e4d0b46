// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Writes to standard output in whole rows.
package enum StandardOutput {
    package struct Failure: Error, CustomStringConvertible {
        package var description: String
    }

    /// Writes lines.
    package static func write(_ lines: ArraySlice<String>) throws(Failure) {
        guard !lines.isEmpty else { return }
        try write(Array((lines.joined(separator: "\n") + "\n").utf8))
    }

    /// Writes all; ends the program in peace when the reader has gone, as with `| head`.
    package static func write(_ bytes: [UInt8]) throws(Failure) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                Glibc.write(STDOUT_FILENO, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            }
            if count >= 0 {
                written += count
            } else if errno == EPIPE {
                ProgramExit.now(EXIT_SUCCESS)
            } else if errno != EINTR {
                throw Failure(description: "cannot write: \(String(cString: strerror(errno)))")
            }
        }
    }
}
