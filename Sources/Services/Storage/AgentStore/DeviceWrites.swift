// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Bytes that a process had written to storage: what wears flash.
///
/// The kernel counts pages as they become dirty, so a page that is written twice between two syncs counts once, and one of
/// which a few bytes are written counts whole (`write_bytes` in proc_pid_io(5)). What a file system writes for itself comes
/// on top, and a file system in memory counts nothing.
enum DeviceWrites {
    static func ofThisProcess() -> UInt64? {
        let descriptor = open("/proc/self/io", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text = [UInt8](repeating: 0, count: 512)
        let count = read(descriptor, &text, text.count)
        return parse(text.prefix(max(0, count)))
    }

    /// Finds the line `write_bytes: N`.
    static func parse(_ text: some Collection<UInt8>) -> UInt64? {
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") where line.hasPrefix("write_bytes: ") {
            return UInt64(line.dropFirst(13))
        }
        return nil
    }
}
