// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The calls with which stores change files themselves, beside what SQLite does.
///
/// In one place, so that a test can cut the power between any two of them. All answer 0, or an error number (errno(3)).
package struct SystemCalls: Sendable {
    /// Opens a file for writing, made or emptied: its descriptor, or an error number below zero.
    package var create: @Sendable (_ path: String) -> CInt
    /// Opens a file for writing as it is: its descriptor, or an error number below zero.
    package var open: @Sendable (_ path: String) -> CInt
    /// Writes all of the bytes at an offset.
    package var write: @Sendable (_ descriptor: CInt, _ bytes: [UInt8], _ offset: Int) -> CInt
    /// Makes what was written to a file durable.
    package var sync: @Sendable (_ descriptor: CInt) -> CInt
    package var close: @Sendable (_ descriptor: CInt) -> Void
    package var rename: @Sendable (_ path: String, _ target: String) -> CInt
    package var remove: @Sendable (_ path: String) -> CInt
    /// Makes names durable: a file that was made, renamed or removed is so only when its directory was synced (fsync(2)).
    package var syncDirectory: @Sendable (_ path: String) -> CInt
    /// Names this run of the kernel in 16 bytes (random(4)); empty where it has no name.
    package var bootID: @Sendable () -> [UInt8]

    package init(
        create: @escaping @Sendable (String) -> CInt,
        open: @escaping @Sendable (String) -> CInt,
        write: @escaping @Sendable (CInt, [UInt8], Int) -> CInt,
        sync: @escaping @Sendable (CInt) -> CInt,
        close: @escaping @Sendable (CInt) -> Void,
        rename: @escaping @Sendable (String, String) -> CInt,
        remove: @escaping @Sendable (String) -> CInt,
        syncDirectory: @escaping @Sendable (String) -> CInt,
        bootID: @escaping @Sendable () -> [UInt8]
    ) {
        self.create = create
        self.open = open
        self.write = write
        self.sync = sync
        self.close = close
        self.rename = rename
        self.remove = remove
        self.syncDirectory = syncDirectory
        self.bootID = bootID
    }

    /// Syncs the directory in which `path` lies.
    func syncDirectory(of path: String) -> CInt {
        let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return syncDirectory(directory.isEmpty ? "/" : directory)
    }
}

extension SystemCalls {
    /// The kernel's own.
    package static let kernel = SystemCalls(
        create: { path in
            let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
            return descriptor >= 0 ? descriptor : -errno
        },
        open: { path in
            let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC)
            return descriptor >= 0 ? descriptor : -errno
        },
        write: { descriptor, bytes, offset in
            let written = pwrite(descriptor, bytes, bytes.count, off_t(offset))
            // Less than asked for is what a disk gives that becomes full on the way.
            return written == bytes.count ? 0 : written < 0 ? errno : ENOSPC
        },
        sync: { fdatasync($0) == 0 ? 0 : errno },
        close: { _ = Glibc.close($0) },
        rename: { Glibc.rename($0, $1) == 0 ? 0 : errno },
        remove: { unlink($0) == 0 ? 0 : errno },
        syncDirectory: { path in
            let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            // One that may be written in but not listed; SQLite lets that pass, too.
            guard descriptor >= 0 else { return errno == EACCES ? 0 : errno }
            defer { Glibc.close(descriptor) }
            // Some file systems know no such thing, and there is nothing to be done about it.
            return fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : errno
        },
        bootID: {
            let descriptor = Glibc.open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
            guard descriptor >= 0 else { return [] }
            defer { Glibc.close(descriptor) }
            var text = [UInt8](repeating: 0, count: 64)
            let count = read(descriptor, &text, text.count)
            let digits = text.prefix(max(0, count)).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
            guard digits.count == 32 else { return [] }
            return stride(from: 0, to: 32, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        }
    )
}
