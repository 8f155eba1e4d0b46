// SPDX-License-Identifier: Apache-2.0

package import Events

extension HubLogReader {
    /// Where an event is: the row, and its place among the new events of that; nil where it is not in the log.
    ///
    /// Looks at every row's numbers, as the log has no index by lane: for verbs, not for what runs all the time.
    package func place(of identity: EventIdentity) throws(StoreError) -> (position: Int64, index: Int)? {
        try reading { () throws(SQLiteError) in
            var found: (position: Int64, index: Int)?
            try rows.forEach(after: 0) { row throws(SQLiteError) in
                guard row.node == identity.node, row.lane == identity.lane,
                    let index = row.index(of: identity.sequence)
                else { return true }
                found = (row.position, index)
                return false
            }
            return found
        }
    }
}

extension HubLogRow {
    /// The place of a sequence among those of the batch that were new; nil where it is none of them.
    fileprivate func index(of sequence: UInt64) -> Int? {
        guard let range, range.contains(sequence) else { return nil }
        guard let kept else { return Int(sequence - first) }
        var index = 0
        for range in Self.decode(kept, first: first) ?? [] {
            if range.contains(sequence) { return index + Int(sequence - range.lowerBound) }
            index += range.count
        }
        return nil
    }
}
