// SPDX-License-Identifier: Apache-2.0

extension TreeHash {
    /// The root that an inclusion proof leads to from this leaf (RFC 9162 section 2.1.3.2).
    ///
    /// - Returns: nil where the proof does not fit a leaf at `index` of a tree of `size` leaves.
    package func root(at index: UInt64, of size: UInt64, path: [TreeHash]) -> TreeHash? {
        guard index < size else { return nil }
        var (position, last) = (index, size - 1)
        var hash = self
        for sibling in path {
            if last == 0 { return nil }
            if position & 1 == 1 || position == last {
                hash = .node(sibling, hash)
                let levels = position == 0 ? 0 : UInt64(position.trailingZeroBitCount)
                position >>= levels
                last >>= levels
            } else {
                hash = .node(hash, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 ? hash : nil
    }

    /// Whether a tree of `newerSize` leaves with this root begins with an older one (RFC 9162 section 2.1.4.2).
    package func extends(
        _ older: TreeHash,
        olderSize: UInt64,
        newerSize: UInt64,
        proof: [TreeHash]
    ) -> Bool {
        guard olderSize > 0, olderSize <= newerSize else { return false }
        if olderSize == newerSize { return proof.isEmpty && older == self }
        var rest = proof[...]
        // A complete older tree is the first subtree, which the proof leaves out.
        if olderSize.nonzeroBitCount == 1 { rest = [older] + rest }
        guard let first = rest.popFirst() else { return false }
        let levels = UInt64((~(olderSize - 1)).trailingZeroBitCount)
        var (position, last) = ((olderSize - 1) >> levels, (newerSize - 1) >> levels)
        var (olderRoot, newerRoot) = (first, first)
        for hash in rest {
            if last == 0 { return false }
            if position & 1 == 1 || position == last {
                olderRoot = .node(hash, olderRoot)
                newerRoot = .node(hash, newerRoot)
                let levels = position == 0 ? 0 : UInt64(position.trailingZeroBitCount)
                position >>= levels
                last >>= levels
            } else {
                newerRoot = .node(newerRoot, hash)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && olderRoot == older && newerRoot == self
    }
}
