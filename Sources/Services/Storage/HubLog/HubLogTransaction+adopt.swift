// SPDX-License-Identifier: Apache-2.0

import Events

extension HubLogTransaction {
    /// Lands what of a salvaged row has not landed; returns how many events that were.
    ///
    /// Without the primer that it names it could not be read: then it has not landed, and its agent sends it again.
    func adopt(_ row: HubLogSalvagedRow, of key: HubLogLane.Key) throws(SQLiteError) -> UInt64 {
        var lane = try lane(key)
        let missing = row.ranges.flatMap { lane.landed.missing(in: $0) }
        guard let last = missing.last else { return 0 }
        if let primer = headers.primer(of: row.batch), try !use(primer, node: key.node) { return 0 }
        for range in missing { try cover(&lane, range) }
        let events = missing.reduce(0) { $0 + UInt64($1.count) }
        try insertRow(
            lane.id,
            first: row.first,
            count: row.count,
            batch: row.batch,
            kept: events == UInt64(row.count) ? nil : HubLogRow.encode(missing, first: row.first),
            historical: row.historical
        )
        lane.highest = max(lane.highest, last.upperBound)
        lane.events += events
        lane.landedMilliseconds = now
        update(lane)
        return events
    }
}
