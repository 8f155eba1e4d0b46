// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Storage
import Synchronization

/// Gathers a connection's completions from the log's writer thread, so that one commit wakes its event loop once.
final class CompletionInbox: Sendable {
    typealias Completion = (ticket: UInt64, result: Result<Landed, StoreError>)

    private let completions = Mutex<[Completion]>([])

    /// Adds one from any thread.
    func add(_ ticket: UInt64, _ result: Result<Landed, StoreError>, wake peer: AgentPeer) {
        let isFirst = completions.withLock { completions in
            completions.append((ticket, result))
            return completions.count == 1
        }
        if isFirst { peer.tell { $0.drainCompletions() } }
    }

    func takeAll() -> [Completion] {
        completions.withLock { completions in
            defer { completions = [] }
            return completions
        }
    }
}
