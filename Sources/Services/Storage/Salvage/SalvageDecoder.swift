// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// Takes the events out of what was found; batches are opened, as what they lie beside is not known.
final class SalvageDecoder {
    private let primers: [PrimerIdentifier: Primer]
    private var decoder = BatchDecoder()
    private var block = EventBlock()
    private let row = RowBuffer()

    init(primers: [PrimerIdentifier: Primer]) {
        self.primers = primers
    }

    /// Hands over the events of a record; false when no checksum proves it to be one of ours.
    func read(_ record: SalvageRecord, _ take: (SalvagedEvent) throws -> Void) rethrows -> Bool {
        guard record.shape == .blob else { return true }
        switch SalvagedBlob(record) {
        case .event(let event): try take(event)
        case .batch(let lane, let range, let batch): try open(batch, lane, range, take)
        case .primer: break
        case nil: return false
        }
        return true
    }

    private func open(
        _ batch: UnsafeRawBufferPointer,
        _ lane: Lane,
        _ range: ClosedRange<UInt64>,
        _ take: (SalvagedEvent) throws -> Void
    ) rethrows {
        block.removeAll()
        do throws(BatchFault) {
            let header = try decoder.header(batch.bytes)
            let primer = header.primer.flatMap { primers[$0] }
            try decoder.decode(batch.bytes, primer: primer, maximumBytes: PackOpener.maximumBytes, into: &block)
        } catch {
            return
        }
        guard block.records.first?.sequence == range.lowerBound, block.count == range.count else { return }
        try block.bytes.withUnsafeBytes { bytes in
            for record in block.records {
                let event = UnsafeRawBufferPointer(rebasing: bytes[record.all])
                row.reserve(RowFormat.maximumHead + event.count)
                let length = RowFormat.encode(record, of: event, lane: lane, sequence: record.sequence, to: row.bytes)
                try take(
                    SalvagedEvent(
                        lane: lane,
                        sequence: record.sequence,
                        timestamp: record.timestamp,
                        eventBytes: event.count,
                        body: UnsafeRawBufferPointer(rebasing: row.bytes[..<length])
                    )
                )
            }
        }
    }
}
