// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle
import Storage

/// Closes the log when everything that uses it has stopped.
struct LogService: Service {
    let log: HubLog

    func run() async throws {
        // Asked to stop or cancelled: what waits is committed either way.
        try? await gracefulShutdown()
        await log.close()
    }
}
