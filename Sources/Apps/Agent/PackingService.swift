// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix
import ServiceLifecycle
import Storage

/// Packs what waits for long, while nothing else wants the processor.
struct PackingService: Service {
    /// A tenth of the weight of a thread that answers devices (sched(7)).
    private static let nice: CInt = 10

    let store: AgentStore
    /// Bytes of one batch.
    let batchLimit: Int

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        // On Linux a nice value is a thread's own, and 0 means the calling one (setpriority(2)).
        group.next().execute { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.nice) }
        do {
            let packer = try store.makePacker(limit: batchLimit, executor: group.next().executor)
            try? await cancelWhenGracefulShutdown {
                // A hub that is there takes what it can get; until it has shown how fast it does, packing is premature.
                try await Task.sleep(for: StorePacker.patience)
                while true { try await Task.sleep(for: await packer.step().rest) }
            }
            await packer.close()
        } catch {
            try await group.shutdownGracefully()
            throw error
        }
        try await group.shutdownGracefully()
    }
}
