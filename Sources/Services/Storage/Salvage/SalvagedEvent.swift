// SPDX-License-Identifier: Apache-2.0

import Events

/// An event that its own checksum proves, with its identity.
struct SalvagedEvent {
    var lane: Lane
    var sequence: UInt64
    var timestamp: Int64
    /// Bytes of topic, attributes and payload.
    var eventBytes: Int
    /// The row as it is kept; valid only during the call that hands it over.
    var body: UnsafeRawBufferPointer

    /// Reads the events that a blob holds; false when it holds none that a checksum proves.
    ///
    /// The one place that knows in which formats events are kept.
    static func read(
        _ blob: UnsafeRawBufferPointer,
        rowid: UInt64,
        _ take: (SalvagedEvent) throws -> Void
    ) rethrows -> Bool {
        guard rowid > 0, rowid <= UInt64(Int64.max), let row = RowFormat.decode(blob, sequence: rowid) else {
            return false
        }
        try take(
            SalvagedEvent(
                lane: row.lane,
                sequence: rowid,
                timestamp: row.timestamp,
                eventBytes: row.all.count,
                body: blob
            )
        )
        return true
    }
}
