// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension StoreShared {
    /// Notes that the database is damaged beyond single rows.
    ///
    /// SQLite must not write into such a file: a page that two trees claim would be overwritten. So the store takes
    /// nothing from here on, and a file beside it tells the next opening to save what can be read.
    func suspect(_ files: SalvageFiles, reason: String) -> StoreError {
        let error = StoreError.damaged(path: files.database, reason: reason)
        let observers = state.withLock { state -> [@Sendable (StoreError) -> Void] in
            guard state.damage == nil else { return [] }
            state.damage = error
            state.trouble = error.description
            return state.damageObservers
        }
        files.suspect(reason)
        for observer in observers { observer(error) }
        return error
    }
}
