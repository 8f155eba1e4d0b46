// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Bytes that all queues of a broker share, so that ten thousand subscribers cannot each fill theirs.
final class ByteBudget: Sendable {
    let used = Atomic<Int>(0)
    private let maximum: Int

    init(maximum: Int) {
        self.maximum = maximum
    }

    var isSpent: Bool { used.load(ordering: .relaxed) >= maximum }

    func change(by bytes: Int) {
        used.wrappingAdd(bytes, ordering: .relaxed)
    }
}
