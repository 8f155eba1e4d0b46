// SPDX-License-Identifier: Apache-2.0

import Provenance

/// A Merkle tree by the definition of RFC 6962 section 2.1 and nothing else.
struct NaiveTree {
    let leaves: [TreeHash]
    /// A hash that is nowhere in the tree.
    let other = TreeHash.leaf(Array("other".utf8))

    init(size: UInt64) {
        leaves = (0..<size).map { .leaf([UInt8($0)]) }
    }

    func root() -> TreeHash { root(0, UInt64(leaves.count)) }

    func root(_ start: UInt64, _ end: UInt64) -> TreeHash {
        if end == start { return .empty }
        if end - start == 1 { return leaves[Int(start)] }
        var half: UInt64 = 1
        while half * 2 < end - start { half *= 2 }
        return .node(root(start, start + half), root(start + half, end))
    }

    func hash(of subtree: Subtree) -> TreeHash {
        root(subtree.index << UInt64(subtree.level), (subtree.index + 1) << UInt64(subtree.level))
    }
}
