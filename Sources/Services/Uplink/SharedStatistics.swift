// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The figures that the link's thread keeps and any thread reads.
final class SharedStatistics: Sendable {
    private struct State {
        var figures = UplinkStatistics()
        var lastAck: ContinuousClock.Instant?
    }

    private let state = Mutex(State())

    var snapshot: UplinkStatistics {
        state.withLock { state in
            var figures = state.figures
            figures.sinceLastAck = state.lastAck.map { ContinuousClock.now - $0 }
            return figures
        }
    }

    func update(_ body: (inout UplinkStatistics) -> Void) {
        state.withLock { body(&$0.figures) }
    }

    func acknowledged() {
        state.withLock { $0.lastAck = .now }
    }
}
