// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Glibc

/// A shell command, waited for without holding up a thread that tests share.
package enum Command {
    /// What it wrote.
    package static func output(_ command: String) async -> String {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var bytes: [UInt8] = []
                guard let pipe = popen(command, "r") else { return continuation.resume(returning: "no pipe") }
                while case let byte = getc(pipe), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
                pclose(pipe)
                continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
            }
        }
    }
}
