// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import NIOPosix
import ServiceLifecycle

/// A thread for what may take long: answers to devices go before it where cores are few.
struct QuietThread: Service {
    /// A tenth of the weight of a thread that answers devices (sched(7)).
    private static let nice: CInt = 10

    /// A loop, since that is the executor that is at hand.
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    init() {
        // On Linux a nice value is a thread's own, and 0 means the calling one (setpriority(2)).
        group.next().execute { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, Self.nice) }
    }

    var executor: any SerialExecutor { group.next().executor }

    /// Keeps the thread until graceful shutdown.
    func run() async throws {
        try? await gracefulShutdown()
        try await end()
    }

    /// Nothing may run on it any more.
    func end() async throws {
        try await group.shutdownGracefully()
    }
}
