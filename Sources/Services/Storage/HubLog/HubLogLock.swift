// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Keeps a second hub out of the state directory for as long as it lives; the kernel lets go when the process ends.
final class HubLogLock: Sendable {
    private let descriptor: Int32

    /// - Parameter path: a file made for locking alone; the database itself is locked by SQLite in its own ways.
    init(path: String) throws(StoreError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw .unwritable(path: path, reason: HubLogFiles.reason(errno)) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            if code == EWOULDBLOCK { throw .locked(path: path) }
            throw .failed(path: path, reason: HubLogFiles.reason(code))
        }
    }

    deinit {
        Glibc.close(descriptor)
    }
}
