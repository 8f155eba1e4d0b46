// SPDX-License-Identifier: Apache-2.0

/// Whether a cell has served more than one key: where it has not, nothing is kept apart.
struct KeyWatch {
    private var tag: UInt16?
    private(set) var hasChanged = false

    @inline(__always)
    mutating func note(_ key: ContextKey) {
        guard key.tag != tag else { return }
        hasChanged = hasChanged || tag != nil
        tag = key.tag
    }
}
