// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Storage
import Synchronization

/// Gathers a connection's completions from the log's writer thread, so that one commit wakes its event loop once.
final class CompletionInbox: Sendable {
    /// What the log says of an order.
    enum Answer: Sendable {
        case events(Result<Landed, StoreError>)
        case primer(Result<PrimerLanding, StoreError>)
        case clock(Result<Void, StoreError>)

        var isFailure: Bool {
            switch self {
            case .events(.failure), .primer(.failure), .clock(.failure): true
            case .events(.success), .primer(.success), .clock(.success): false
            }
        }
    }

    typealias Completion = (ticket: UInt64, answer: Answer)

    private struct State {
        var completions: [Completion] = []
        var hasFailure = false
    }

    private let state = Mutex(State())

    /// Whether something that the log gave back has not been taken from here: nothing may be handed to it until then,
    /// or it could land before what came before it.
    var hasFailure: Bool { state.withLock { $0.hasFailure } }

    /// Adds one from any thread.
    func add(_ ticket: UInt64, _ answer: Answer, wake peer: AgentPeer) {
        let isFirst = state.withLock { state in
            state.completions.append((ticket, answer))
            if answer.isFailure { state.hasFailure = true }
            return state.completions.count == 1
        }
        if isFirst { peer.tell { $0.drainCompletions() } }
    }

    func takeAll() -> [Completion] {
        state.withLock { state in
            defer { state = State() }
            return state.completions
        }
    }
}
