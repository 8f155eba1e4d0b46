// SPDX-License-Identifier: Apache-2.0

package import Batching

/// Opened primers, which take a millisecond to open and some memory to keep: the ones used last.
package struct PrimerCache<Key: Hashable & Sendable>: Sendable {
    private let capacity: Int
    private var primers: [Key: (primer: Primer, used: UInt64)] = [:]
    private var clock: UInt64 = 0

    package init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    package var count: Int { primers.count }

    package subscript(key: Key) -> Primer? {
        mutating get {
            guard let index = primers.index(forKey: key) else { return nil }
            clock += 1
            primers.values[index].used = clock
            return primers.values[index].primer
        }
        set {
            clock += 1
            primers[key] = newValue.map { ($0, clock) }
            // A scan is little beside the opening of a primer, which is what led here.
            if primers.count > capacity, let oldest = primers.min(by: { $0.value.used < $1.value.used }) {
                primers[oldest.key] = nil
            }
        }
    }
}
