// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Events
import Synchronization
import Testing

@testable import Storage

/// What says that a program is alive must not be said while its writer hangs.
@Suite(.timeLimit(.minutes(1))) struct WriterAnswerTests {
    /// Holds the thread that comes by until it is let go.
    private final class Gate: Sendable {
        private let isReached = Mutex(false)
        private let isAnswered = Mutex(false)
        private let release = DispatchSemaphore(value: 0)

        func hold() {
            guard
                !isReached.withLock({ reached in
                    defer { reached = true }
                    return reached
                })
            else { return }
            release.wait()
        }

        /// - Parameters:
        ///   - begin: makes the writer come by.
        ///   - answer: must not come back before it is let go.
        func check(begin: () -> Void, answer: @escaping @Sendable () async -> Void) async {
            begin()
            while !isReached.withLock({ $0 }) { await Task.yield() }
            let task = Task {
                await answer()
                isAnswered.withLock { $0 = true }
            }
            try? await Task.sleep(for: .milliseconds(50))
            let hasAnswered = isAnswered.withLock { $0 }
            #expect(!hasAnswered, "the writer hangs")
            release.signal()
            await task.value
        }
    }

    @Test func `a store answers once its writer is back`() async throws {
        let store = try AgentStore.open(StateDirectory(inMemory: true))
        let gate = Gate()
        store.onCommit { gate.hold() }
        await gate.check {
            store.append(EventBlock(["event"])) { _ in }
        } answer: {
            await store.answer()
        }
        await store.close()
    }

    @Test func `a hub's log answers once its writer is back`() async throws {
        let fixture = try HubLogFixture()
        let log = try fixture.open()
        let gate = Gate()
        log.onCommit { gate.hold() }
        await gate.check {
            Task { _ = try? await log.land(1...1) }
        } answer: {
            await log.answer()
        }
        await log.close()
    }
}
