// SPDX-License-Identifier: Apache-2.0

/// A growing Merkle tree of which only what is needed to go on is kept: the roots of its complete subtrees.
///
/// There is one for each bit of the tree's size, the largest first, so that a tree of any size takes at most 64.
package struct CompactRange: Sendable, Equatable {
    /// Leaves.
    package private(set) var size: UInt64 = 0
    /// From left to right.
    package private(set) var subtrees: [TreeHash] = []

    package init() {}

    /// Goes on where another has stopped; nil where the hashes are not those of a tree of this size.
    package init?(size: UInt64, subtrees: [TreeHash]) {
        guard subtrees.count == size.nonzeroBitCount else { return nil }
        self.size = size
        self.subtrees = subtrees
    }

    /// Adds a complete subtree of 2^level leaves.
    ///
    /// - Parameter level: 0 for a leaf; the size must be a multiple of 2^level.
    package mutating func append(_ hash: TreeHash, level: Int = 0) {
        precondition(size.trailingZeroBitCount >= level, "a subtree lies at a multiple of its size")
        var hash = hash
        var rest = size >> UInt64(level)
        while rest & 1 == 1, let left = subtrees.popLast() {
            hash = .node(left, hash)
            rest >>= 1
        }
        subtrees.append(hash)
        size += 1 << UInt64(level)
    }

    /// Adds all leaves of another, which is no larger than the smallest complete subtree here.
    package mutating func append(_ other: CompactRange) {
        var rest = other.size
        for hash in other.subtrees {
            let level = 63 - rest.leadingZeroBitCount
            append(hash, level: level)
            rest &= ~(1 << UInt64(level))
        }
    }

    /// The root of the tree as it is now.
    package var root: TreeHash {
        guard var hash = subtrees.last else { return .empty }
        for left in subtrees.dropLast().reversed() { hash = .node(left, hash) }
        return hash
    }
}
