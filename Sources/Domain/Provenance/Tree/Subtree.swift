// SPDX-License-Identifier: Apache-2.0

/// A complete subtree: the leaves from `index * 2^level` on, 2^level of them.
package struct Subtree: Sendable, Hashable {
    /// 0 for a leaf.
    package var level: Int
    /// Among the subtrees of its level.
    package var index: UInt64

    package init(level: Int, index: UInt64) {
        self.level = level
        self.index = index
    }
}
