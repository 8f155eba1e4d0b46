// SPDX-License-Identifier: Apache-2.0

/// Makes proofs about a tree of which somebody else keeps the complete subtrees.
package struct TreeProver<Fault: Error> {
    /// Leaves.
    package let size: UInt64
    /// The hash of a subtree that lies in the tree.
    private let hash: (Subtree) throws(Fault) -> TreeHash

    package init(size: UInt64, hash: @escaping (Subtree) throws(Fault) -> TreeHash) {
        self.size = size
        self.hash = hash
    }

    /// The root of the tree.
    package func root() throws(Fault) -> TreeHash {
        size == 0 ? .empty : try root(0, size)
    }

    /// The siblings on the way from a leaf to the root (RFC 6962 section 2.1.1, PATH).
    ///
    /// - Parameter index: of a leaf in the tree.
    package func inclusion(of index: UInt64) throws(Fault) -> [TreeHash] {
        precondition(index < size, "the leaf is in the tree")
        var siblings: [TreeHash] = []
        var (start, end) = (UInt64(0), size)
        while end - start > 1 {
            let middle = Self.middle(start, end)
            if index < middle {
                siblings.append(try root(middle, end))
                end = middle
            } else {
                siblings.append(try root(start, middle))
                start = middle
            }
        }
        return siblings.reversed()
    }

    /// What proves that the tree begins with an older one (RFC 6962 section 2.1.2, PROOF); empty where both are the same.
    ///
    /// - Parameter older: leaves of the older tree, at least 1 and no more than there are.
    package func consistency(with older: UInt64) throws(Fault) -> [TreeHash] {
        precondition(older > 0 && older <= size, "the older tree is a part of this one")
        var hashes: [TreeHash] = []
        var (start, end) = (UInt64(0), size)
        while older != end {
            let middle = Self.middle(start, end)
            if older <= middle {
                hashes.append(try root(middle, end))
                end = middle
            } else {
                hashes.append(try root(start, middle))
                start = middle
            }
        }
        // The older tree's own root is known to who asks.
        if start > 0 { hashes.append(try root(start, end)) }
        return hashes.reversed()
    }

    /// MTH of the leaves from `start` up to `end`; `start` is a multiple of the largest power of two in between.
    private func root(_ start: UInt64, _ end: UInt64) throws(Fault) -> TreeHash {
        let count = end - start
        if count.nonzeroBitCount == 1 {
            let level = count.trailingZeroBitCount
            return try hash(Subtree(level: level, index: start >> UInt64(level)))
        }
        let middle = Self.middle(start, end)
        return .node(try root(start, middle), try root(middle, end))
    }

    /// Where a tree is split: after the largest power of two that is smaller than its size.
    private static func middle(_ start: UInt64, _ end: UInt64) -> UInt64 {
        start + (1 << UInt64(63 - (end - start - 1).leadingZeroBitCount))
    }
}
