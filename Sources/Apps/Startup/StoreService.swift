// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle
package import Storage

/// Closes an agent's store or a hub's log when everything that uses it has stopped, or when it is damaged: then it ends
/// with an error, and a new start saves what can be read.
package struct StoreService: Service {
    private let onDamage: @Sendable (@escaping @Sendable (StoreError) -> Void) -> Void
    private let close: @Sendable () async -> Void

    package init(_ store: AgentStore) {
        onDamage = { store.onDamage($0) }
        close = { await store.close() }
    }

    package init(_ log: HubLog) {
        onDamage = { log.onDamage($0) }
        close = { await log.close() }
    }

    package func run() async throws {
        let (damages, continuation) = AsyncStream.makeStream(of: StoreError.self, bufferingPolicy: .bufferingOldest(1))
        onDamage { continuation.yield($0) }
        // Asked to stop or cancelled: what waits is committed and the close is marked either way.
        let damage = await cancelWhenGracefulShutdown { () -> StoreError? in
            for await found in damages { return found }
            return nil
        }
        await close()
        if let damage { throw damage }
    }
}
