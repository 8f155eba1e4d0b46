// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Waits until every subscriber of one block has taken or queued its events.
final class DeliveryRound: Sendable {
    private struct State {
        var open: Int
        var continuation: CheckedContinuation<Void, Never>?
    }

    private let state: Mutex<State>

    init(subscribers: Int, _ continuation: CheckedContinuation<Void, Never>) {
        state = Mutex(State(open: subscribers, continuation: continuation))
    }

    /// One subscriber is done.
    func finishOne() {
        let continuation = state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.open -= 1
            guard state.open == 0 else { return nil }
            return state.continuation.take()
        }
        continuation?.resume()
    }
}
