// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Bounds how many connections shake hands at once: what they cost comes before anybody knows who they are.
final class HandshakeSlots: Sendable {
    private let taken = Atomic<Int>(0)
    private let maximum: Int

    init(maximum: Int) {
        self.maximum = maximum
    }

    var count: Int { taken.load(ordering: .relaxed) }

    /// False when all are taken; else ``release()`` gives it back.
    func take() -> Bool {
        guard taken.wrappingAdd(1, ordering: .relaxed).newValue <= maximum else {
            release()
            return false
        }
        return true
    }

    func release() {
        taken.wrappingSubtract(1, ordering: .relaxed)
    }
}
