// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

extension StoreShared {
    /// Notes that the database at `path` is damaged beyond single rows.
    ///
    /// SQLite must not write into such a file: a page that two trees claim would be overwritten. So the store takes
    /// nothing from here on, and a file beside it tells the next opening to save what can be read.
    func suspect(_ path: String, reason: String) -> StoreError {
        let error = StoreError.damaged(path: path, reason: reason)
        let observers = state.withLock { state -> [@Sendable (StoreError) -> Void] in
            guard state.damage == nil else { return [] }
            state.damage = error
            state.trouble = error.description
            return state.damageObservers
        }
        Self.mark(SalvageFiles(database: path).suspicion, reason: reason)
        for observer in observers { observer(error) }
        return error
    }

    private static func mark(_ path: String, reason: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { return }
        let bytes = Array(reason.utf8.prefix(512))
        _ = write(descriptor, bytes, bytes.count)
        fsync(descriptor)
        close(descriptor)
    }
}
