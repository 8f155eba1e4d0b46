// SPDX-License-Identifier: Apache-2.0

import Events

/// What a blob under a number is, where its checksum proves it: the one place that knows how events are kept.
enum SalvagedBlob {
    /// A row of its own.
    case event(SalvagedEvent)
    /// A batch of a pack, with the lane and the events' numbers; valid only during the call that hands it over.
    case batch(Lane, ClosedRange<UInt64>, UnsafeRawBufferPointer)
    /// The primer that a pack's batches build on.
    case primer(UnsafeRawBufferPointer)

    init?(_ record: SalvageRecord) {
        guard record.shape == .blob, record.rowid <= UInt64(Int64.max) else { return nil }
        let (blob, key) = (record.bytes(0), record.rowid)
        if key > 0, let row = RowFormat.decode(blob, sequence: key) {
            let bytes = row.all.count
            self = .event(
                SalvagedEvent(lane: row.lane, sequence: key, timestamp: row.timestamp, eventBytes: bytes, body: blob)
            )
            return
        }
        guard let body = PackFormat.decode(blob, key: key) else { return nil }
        let content = UnsafeRawBufferPointer(rebasing: blob[body.content])
        self =
            key == PackFormat.primerKey
            ? .primer(content) : .batch(body.lane, key...key + UInt64(body.count) - 1, content)
    }

    /// Whose events these are; nil for a primer.
    var lane: Lane? {
        switch self {
        case .event(let event): event.lane
        case .batch(let lane, _, _): lane
        case .primer: nil
        }
    }

    /// The events' numbers; nil for a primer.
    var sequences: ClosedRange<UInt64>? {
        switch self {
        case .event(let event): event.sequence...event.sequence
        case .batch(_, let range, _): range
        case .primer: nil
        }
    }
}
