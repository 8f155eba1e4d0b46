// SPDX-License-Identifier: Apache-2.0

package import Dispatch

/// Runs one actor on a serial queue of its own, so that a blocking fsync never holds a thread of the shared pool
/// (https://github.com/swiftlang/swift-evolution/blob/main/proposals/0392-custom-actor-executors.md).
package final class StoreExecutor: SerialExecutor {
    package let queue: DispatchQueue

    package init(label: String) {
        queue = DispatchQueue(label: label)
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// Lets code that the queue runs by itself enter the actor (SE-0424).
    package func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
