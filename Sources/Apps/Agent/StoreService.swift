// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle
import Storage

/// Closes the store when everything that uses it has stopped.
struct StoreService: Service {
    let store: AgentStore

    func run() async throws {
        // Asked to stop or cancelled: what waits is committed and the close is marked either way.
        try? await gracefulShutdown()
        await store.close()
    }
}
