// SPDX-License-Identifier: Apache-2.0

/// The events that are in the hub's log now, as far as the notary has followed it.
struct PresentEvents {
    private var leaves: LoggedLeaves
    private let end: Int64

    init(_ reader: NotaryReader, from place: ChunkPlace, through end: Int64) {
        leaves = LoggedLeaves(reader.log, from: place)
        self.end = end
    }

    /// As many as there are, up to `count`.
    mutating func next(_ count: Int) throws -> [LoggedLeaf] {
        var found: [LoggedLeaf] = []
        while found.count < count, let leaf = try leaves.next(), leaf.place.position <= end { found.append(leaf) }
        return found
    }
}
