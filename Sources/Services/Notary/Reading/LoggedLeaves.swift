// SPDX-License-Identifier: Apache-2.0

import Events
import Provenance
import Storage

/// Goes through the events of the hub's log as leaves, in landing order.
struct LoggedLeaves {
    private let log: HubLogReader
    private var position: Int64
    private var skip: Int
    private var entry: LogEntry?
    private var index = 0

    /// - Parameter place: of the first leaf.
    init(_ log: HubLogReader, from place: ChunkPlace) {
        self.log = log
        position = max(0, place.position - 1)
        skip = place.skip
    }

    /// The next leaf; nil at the end of the log.
    mutating func next() throws(StoreError) -> LoggedLeaf? {
        while true {
            if let entry, index < entry.block.count {
                defer { index += 1 }
                return Self.leaf(entry, index)
            }
            guard let next = try log.next(after: position) else { return nil }
            // Only the row that was asked for begins in the middle.
            index = next.position == position + 1 ? skip : 0
            skip = 0
            position = next.position
            entry = next
        }
    }

    /// As many of the next leaves as there are, up to `count`; none behind the row `end` of the hub's log.
    mutating func next(_ count: Int, through end: Int64 = .max) throws(StoreError) -> [LoggedLeaf] {
        var found: [LoggedLeaf] = []
        while found.count < count, let leaf = try next(), leaf.place.position <= end { found.append(leaf) }
        return found
    }

    private static func leaf(_ entry: LogEntry, _ index: Int) -> LoggedLeaf {
        let bytes = EventLeaf.bytes(of: entry.block, at: index, node: entry.node, lane: entry.lane)
        return LoggedLeaf(
            place: ChunkPlace(position: entry.position, skip: index),
            identity: EventIdentity(
                node: entry.node,
                lane: entry.lane,
                sequence: entry.block.records[index].sequence
            ),
            bytes: bytes,
            hash: .leaf(bytes)
        )
    }
}
