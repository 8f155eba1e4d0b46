// SPDX-License-Identifier: Apache-2.0

/// The leaves of one subtree of 256, or as many as there are yet.
///
/// Logs keep whole chunks as one hash and four bytes of each leaf; what is inside is made again from the events when a proof
/// is wanted. (https://c2sp.org/tlog-tiles has tiles of the same size.)
package struct LeafChunk: Sendable, Equatable {
    /// Of the subtree that a whole chunk is.
    package static let level = 8
    package static let capacity = 1 << level
    /// Bytes that are kept of a leaf's hash: enough to tell which of 256 was changed.
    package static let markLength = 4

    package private(set) var leaves: [TreeHash] = []
    package private(set) var range = CompactRange()

    package init() {}

    /// - Parameter leaves: no more than ``capacity``.
    package init(_ leaves: [TreeHash]) {
        for leaf in leaves { append(leaf) }
    }

    /// Reads one of ``marks``.
    package static func mark(_ bytes: some Sequence<UInt8>) -> UInt32 { bytes.reduce(0) { $0 << 8 | UInt32($1) } }

    package var isWhole: Bool { leaves.count == Self.capacity }

    package mutating func append(_ leaf: TreeHash) {
        precondition(!isWhole, "a chunk has 256 leaves")
        leaves.append(leaf)
        range.append(leaf)
    }

    /// The first bytes of every leaf's hash.
    package var marks: [UInt8] { leaves.flatMap { $0.bytes.prefix(Self.markLength) } }

    /// The hash of a subtree that lies in this chunk; nil where its leaves are not all here.
    package func hash(of subtree: Subtree) -> TreeHash? {
        guard subtree.level <= Self.level else { return nil }
        let first = Int((subtree.index << UInt64(subtree.level)) & UInt64(Self.capacity - 1))
        let end = first + (1 << subtree.level)
        guard end <= leaves.count else { return nil }
        var range = CompactRange()
        for leaf in leaves[first..<end] { range.append(leaf) }
        return range.root
    }
}

extension TreeHash {
    /// What chunks keep of a leaf, as a number.
    package var mark: UInt32 { LeafChunk.mark(bytes.prefix(LeafChunk.markLength)) }
}
