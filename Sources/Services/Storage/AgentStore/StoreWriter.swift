// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Events

/// The writer's thread: a serial queue of its own, so that an fsync holds up nothing else.
actor StoreWriter {
    nonisolated private let executor = StoreExecutor(label: "sluice.store.writer")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    nonisolated private let shared: StoreShared
    /// Nil once the store is closed.
    private var committer: StoreCommitter?
    private var spent: [StoreShared.Write] = []
    nonisolated private let pauseFactor: Double

    init(_ committer: sending StoreCommitter, shared: StoreShared, pauseFactor: Double) {
        self.committer = committer
        self.pauseFactor = pauseFactor
        self.shared = shared
    }

    /// Lets the writer look at its queue.
    ///
    /// Callers make sure that it is not already going to.
    nonisolated func wake() {
        executor.queue.async { self.assumeIsolated { $0.drain() } }
    }

    /// Lets the writer look at its queue once the commit interval is over.
    nonisolated func wakeLater() {
        let pause = DispatchTimeInterval.milliseconds(Int(shared.commitInterval / .milliseconds(1)))
        executor.queue.asyncAfter(deadline: .now() + pause) {
            guard self.shared.endDelay() else { return }
            self.assumeIsolated { $0.drain(isDue: true) }
        }
    }

    /// Lets the writer look after acknowledgements and gaps once some more may have come.
    nonisolated func wakeToTidy(after milliseconds: Int) {
        executor.queue.asyncAfter(deadline: .now() + Double(milliseconds) / 1000 * pauseFactor) {
            self.assumeIsolated { $0.tidy() }
        }
    }

    /// Calls `body` on the writer's thread again and again, as long as it wants to.
    nonisolated func repeatedly(every milliseconds: Int, _ body: @escaping @Sendable () -> Bool) {
        executor.queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [weak self] in
            if body() { self?.repeatedly(every: milliseconds, body) }
        }
    }

    /// Calls `body` on the writer's thread, after what it is doing.
    nonisolated func perform(_ body: @escaping @Sendable () -> Void) {
        executor.queue.async(execute: body)
    }

    /// Commits group after group until nothing waits that is due.
    private func drain(isDue: Bool = false) {
        var isDue = isDue
        while true {
            var taken = shared.takeQueue(reusing: spent, isDue: isDue)
            spent = []
            guard !taken.writes.isEmpty else {
                if taken.isLater { wakeLater() }
                break
            }
            isDue = false
            if let committer {
                committer.commit(taken.writes)
                copyWAL()
            } else {
                for write in taken.writes { write.completion(.failure(.unavailable("the store is closed"))) }
            }
            taken.writes.removeAll(keepingCapacity: true)
            spent = taken.writes
        }
        if committer?.isTooLarge == true, shared.beginTidying() { wakeToTidy(after: 100) }
    }

    /// Has the WAL copied beside the commits once it is long enough; what was added meanwhile is copied here.
    private func copyWAL() {
        guard let committer, committer.wantsCopy else { return }
        committer.checkpointer.start {
            self.executor.queue.async { self.assumeIsolated { $0.finishCopy() } }
        }
    }

    private func finishCopy() {
        committer?.boundWAL()
    }

    private func tidy() {
        let delay = committer?.tidy()
        copyWAL()
        guard let delay else { return }
        wakeToTidy(after: Int(delay / .milliseconds(1)))
    }

    /// Puts batches in the place of rows; false when nothing came of it.
    func install(_ part: PackedPart) -> Bool {
        guard let committer, committer.install(part) else { return false }
        copyWAL()
        if shared.beginTidying() { wakeToTidy(after: 100) }
        return true
    }

    /// Whoever waits for this knows that the thread is not stuck.
    func answer() {}

    /// Commits what waits and closes the files.
    func close() {
        drain(isDue: true)
        committer?.finish()
        committer = nil
    }
}
