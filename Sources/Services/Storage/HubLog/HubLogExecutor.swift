// SPDX-License-Identifier: Apache-2.0

import Dispatch

/// Runs an actor's jobs on a serial queue of its own, so that waiting for the disk blocks no other task.
final class HubLogExecutor: SerialExecutor {
    let queue: DispatchQueue

    init(label: String) {
        queue = DispatchQueue(label: label)
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// Lets `assumeIsolated` succeed in closures that were put on the queue directly.
    func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
