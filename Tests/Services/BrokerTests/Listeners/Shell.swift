// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOPosix

/// A shell command that runs; its output is read when it has ended.
final class Shell: Sendable {
    private nonisolated(unsafe) let pipe: UnsafeMutablePointer<FILE>?

    static let hasMosquitto =
        access("/usr/bin/mosquitto_pub", X_OK) == 0 && access("/usr/bin/mosquitto_sub", X_OK) == 0
    static let hasOpenSSL = access("/usr/bin/openssl", X_OK) == 0

    init(_ command: String) {
        pipe = popen("timeout 20 \(command) 2>&1", "r")
    }

    /// What it wrote, and behind it ` exit N` where it failed.
    func output() async -> String {
        await withCheckedContinuation { continuation in
            NIOThreadPool.singleton.submit { _ in
                var bytes: [UInt8] = []
                guard let pipe = self.pipe else { return continuation.resume(returning: "no pipe") }
                while case let byte = getc(pipe), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
                let status = pclose(pipe)
                if status != 0 { bytes += Array(" exit \(status >> 8)".utf8) }
                continuation.resume(returning: String(decoding: bytes, as: UTF8.self))
            }
        }
    }
}
