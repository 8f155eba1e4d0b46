// SPDX-License-Identifier: Apache-2.0

/// Where the events of a subtree of 256 begin in the hub's log.
struct ChunkPlace: Sendable, Equatable, Comparable {
    /// Row of the hub's log.
    var position: Int64
    /// Events of that row before the first.
    var skip: Int

    static func < (left: ChunkPlace, right: ChunkPlace) -> Bool {
        (left.position, left.skip) < (right.position, right.skip)
    }
}
