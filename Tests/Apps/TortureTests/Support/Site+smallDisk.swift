// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

extension Site {
    /// Runs `body` with a small file system mounted on a state directory, and ends both programs before it is taken away.
    ///
    /// - Parameter size: as mount(8) wants it for a tmpfs.
    func withSmallDisk(_ directory: String, size: String, _ body: () async throws -> Void) async {
        mkdir(directory, 0o700)
        guard await Torture.allows("/usr/bin/mount", "-t", "tmpfs", "-o", "size=\(size)", "slt", directory) else {
            print("torture: skipped, mounting a tmpfs is not allowed here")
            return
        }
        do {
            try await body()
        } catch {
            Issue.record("\(error)\n\(tail)")
        }
        try? await killAgent()
        try? await killHub()
        _ = await Torture.allows("/usr/bin/umount", "-l", directory)
    }
}
