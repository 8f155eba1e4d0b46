// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What callers, writer and readers share: one machine, one lock; no callback is called under it.
final class HubLogState: Sendable {
    struct Contents {
        var queue: HubLogQueue
        var recent: HubLogRecent
        var statistics: HubLogStatistics
        var observers: [@Sendable () -> Void] = []
    }

    private let contents: Mutex<Contents>

    init(_ contents: consuming sending Contents) {
        self.contents = Mutex(contents)
    }

    func withLock<Result: Sendable>(_ body: (inout Contents) -> Result) -> Result {
        contents.withLock { body(&$0) }
    }
}
