// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// Keeps a second hub out of the state directory until it is released; the kernel lets go when the process ends.
final class HubLogLock: Sendable {
    private let descriptor: Atomic<Int32>

    /// - Parameter path: a file made for locking alone; the database itself is locked by SQLite in its own ways.
    init(path: String) throws(StoreError) {
        let opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard opened >= 0 else { throw .unwritable(path: path, reason: HubLogFiles.reason(errno)) }
        guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            Glibc.close(opened)
            if code == EWOULDBLOCK { throw .locked(path: path) }
            throw .failed(path: path, reason: HubLogFiles.reason(code))
        }
        descriptor = Atomic(opened)
    }

    func release() {
        let held = descriptor.exchange(-1, ordering: .acquiringAndReleasing)
        if held >= 0 { Glibc.close(held) }
    }

    deinit {
        release()
    }
}
