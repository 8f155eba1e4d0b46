// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What callers, writer and readers share: one machine, one lock; no callback is called under it.
final class HubLogState: Sendable {
    struct Contents {
        var queue: HubLogQueue
        var recent: HubLogRecent
        var statistics: HubLogStatistics
        var observers: [@Sendable () -> Void] = []
        /// Set when damage was met: nothing is written from there on.
        var damage: StoreError?
        var damageObservers: [@Sendable (StoreError) -> Void] = []
    }

    private let contents: Mutex<Contents>

    init(_ contents: consuming sending Contents) {
        self.contents = Mutex(contents)
    }

    func withLock<Result: Sendable>(_ body: (inout Contents) -> Result) -> Result {
        contents.withLock { body(&$0) }
    }

    /// Notes that the database is damaged beyond single rows.
    ///
    /// SQLite must not write into such a file: a page that two trees claim would be overwritten. So the log takes nothing
    /// from here on, and a file beside it tells the next opening to take over what is intact.
    func suspect(_ error: StoreError, _ files: HubLogFiles) {
        let observers = withLock { contents -> [@Sendable (StoreError) -> Void] in
            guard contents.damage == nil else { return [] }
            contents.damage = error
            return contents.damageObservers
        }
        files.markDamaged()
        for observer in observers { observer(error) }
    }
}
