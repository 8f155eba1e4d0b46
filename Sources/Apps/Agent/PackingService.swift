// SPDX-License-Identifier: Apache-2.0

import ServiceLifecycle
import Storage

/// Packs what waits for long, while nothing else wants the processor.
struct PackingService: Service {
    let store: AgentStore
    /// Bytes of one batch.
    let batchLimit: Int

    func run() async throws {
        let thread = QuietThread()
        do {
            let packer = try store.makePacker(limit: batchLimit, executor: thread.executor)
            try? await cancelWhenGracefulShutdown {
                // A hub that is there takes what it can get; until it has shown how fast it does, packing is premature.
                try await Task.sleep(for: StorePacker.patience)
                while true { try await Task.sleep(for: await packer.step().rest) }
            }
            await packer.close()
        } catch {
            try await thread.end()
            throw error
        }
        try await thread.end()
    }
}
