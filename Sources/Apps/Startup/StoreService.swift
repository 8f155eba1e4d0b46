// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle
import Storage

/// Closes the store when everything that uses it has stopped, or when it is damaged: then it ends with an error, and a
/// new start saves what can be read.
struct StoreService: Service {
    let store: AgentStore

    func run() async throws {
        let (damages, continuation) = AsyncStream.makeStream(of: StoreError.self, bufferingPolicy: .bufferingOldest(1))
        store.onDamage { continuation.yield($0) }
        // Asked to stop or cancelled: what waits is committed and the close is marked either way.
        let damage = await cancelWhenGracefulShutdown { () -> StoreError? in
            for await found in damages { return found }
            return nil
        }
        await store.close()
        if let damage { throw damage }
    }
}
