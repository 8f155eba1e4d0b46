// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The lock on a state directory: one process at a time (flock(2), freed by the kernel when its holder dies).
package struct StoreLock: ~Copyable, Sendable {
    private let descriptor: CInt

    /// A holder that is just ending, or a child that it is just starting, may have the lock for a moment longer.
    private static let attempts = 20
    private static let pauseMicroseconds: UInt32 = 50_000

    /// Takes the lock `name` in `directory`, making the directory when it is not there.
    package init(directory: String, name: String = "lock") throws(StoreError) {
        try Self.makeDirectory(directory)
        let path = directory + "/" + name
        descriptor = try Self.lock(path)
    }

    private static func lock(_ path: String) throws(StoreError) -> CInt {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw .unwritable(path: path, reason: String(cString: strerror(errno)))
        }
        for attempt in 1...Self.attempts {
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
            let code = errno
            if code == EWOULDBLOCK, attempt < Self.attempts {
                usleep(Self.pauseMicroseconds)
                continue
            }
            Glibc.close(descriptor)
            if code == EWOULDBLOCK { throw .locked(path: path) }
            throw .unwritable(path: path, reason: String(cString: strerror(code)))
        }
        throw .locked(path: path)
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// Makes `path` and what leads to it; does nothing when it is there.
    private static func makeDirectory(_ path: String) throws(StoreError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/" + part
            if mkdir(made, 0o750) == 0 {
                // Or the directory goes with the next power cut, with all that was synced in it.
                _ = SystemCalls.kernel.syncDirectory(of: made)
                continue
            }
            // A directory that is there may answer EROFS or EACCES rather than EEXIST.
            var status = stat()
            let code = errno
            guard stat(made, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
                throw .unwritable(path: path, reason: String(cString: strerror(code)))
            }
        }
    }
}
