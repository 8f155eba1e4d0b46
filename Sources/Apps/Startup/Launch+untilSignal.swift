// SPDX-License-Identifier: Apache-2.0

import Glibc
import UnixSignals

extension Launch {
    /// Runs `body` until it ends; SIGINT or SIGTERM cancels it and then ends the program, a second one at once.
    package static func untilSignal<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let (received, signal) = AsyncStream.makeStream(of: Int32.self)
        return try await withThrowingTaskGroup(of: Result?.self) { tasks in
            tasks.addTask { try await body() }
            tasks.addTask {
                for await trapped in signals {
                    signal.yield(trapped.rawValue)
                    return nil
                }
                return nil
            }
            defer { tasks.cancelAll() }
            if let result = try await tasks.next(), let result { return result }
            tasks.cancelAll()
            _ = try? await tasks.next()
            signal.finish()
            for await number in received { _exit(128 + number) }
            throw CancellationError()
        }
    }
}
