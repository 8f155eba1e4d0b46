// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Keeps the figures of a source through all its connections.
final class SourceTally: Sendable {
    private struct State {
        var statistics: SourceStatistics
        var last: ContinuousClock.Instant?
    }

    private let state: Mutex<State>

    init(address: String) {
        state = Mutex(State(statistics: SourceStatistics(address: address)))
    }

    func began() {
        state.withLock { state in
            state.statistics.isReading = true
            state.statistics.trouble = nil
        }
    }

    func ended(_ reason: String) {
        state.withLock { state in
            state.statistics.isReading = false
            state.statistics.trouble = reason
        }
    }

    func stored(_ messages: Int) {
        state.withLock { state in
            state.statistics.stored += UInt64(messages)
            state.last = .now
        }
    }

    var statistics: SourceStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.sinceLast = state.last.map { .now - $0 }
            return statistics
        }
    }
}
