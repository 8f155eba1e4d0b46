// SPDX-License-Identifier: Apache-2.0

import Events

/// What a blob under a number is, where its checksum proves it: the one place that knows how events are kept.
enum SalvagedBlob {
    /// A row of its own.
    case event(SalvagedEvent)
    /// A row of a pack.
    case batch(SalvagedBatch)
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
        guard key != PackFormat.primerKey else {
            self = .primer(content)
            return
        }
        let range = key...key + UInt64(body.count) - 1
        self = .batch(SalvagedBatch(lane: body.lane, range: range, content: content, body: blob))
    }

    /// Whose events these are; nil for a primer.
    var lane: Lane? {
        switch self {
        case .event(let event): event.lane
        case .batch(let batch): batch.lane
        case .primer: nil
        }
    }

    /// The events' numbers; nil for a primer.
    var sequences: ClosedRange<UInt64>? {
        switch self {
        case .event(let event): event.sequence...event.sequence
        case .batch(let batch): batch.range
        case .primer: nil
        }
    }
}
