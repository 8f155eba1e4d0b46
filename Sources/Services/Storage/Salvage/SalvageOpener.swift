// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// Opens the batches that were found, each with the primer that it names: nothing is kept that does not open.
final class SalvageOpener {
    /// What comes out of a batch.
    struct Contents {
        var eventBytes: Int
        var firstTimestamp: Int64
    }

    /// Primers that are held ready: batches that lie side by side name the same one or two.
    private static let maximumOpened = 4

    private let primers: [PrimerIdentifier: [UInt8]]
    private var opened: [Primer] = []
    private var decoder = BatchDecoder()
    private var block = EventBlock()

    init(primers: [PrimerIdentifier: [UInt8]]) {
        self.primers = primers
    }

    /// Nil where the batch cannot be opened.
    func open(_ batch: SalvagedBatch) -> Contents? {
        guard let events = events(of: batch), let first = events.records.first else { return nil }
        return Contents(eventBytes: events.byteCount, firstTimestamp: first.timestamp)
    }

    /// The events of a batch, all or nil.
    func events(of batch: SalvagedBatch) -> EventBlock? {
        guard let header = batch.header else { return nil }
        block.removeAll()
        do throws(BatchFault) {
            try decoder.decode(
                batch.content.bytes,
                primer: header.primer.flatMap(primer),
                maximumBytes: PackOpener.maximumBytes,
                into: &block
            )
        } catch {
            return nil
        }
        return block.count == header.count && !block.isEmpty ? block : nil
    }

    private func primer(_ identifier: PrimerIdentifier) -> Primer? {
        if let found = opened.first(where: { $0.identifier == identifier }) { return found }
        guard let bytes = primers[identifier], let primer = try? Primer(bytes: bytes) else { return nil }
        if opened.count == Self.maximumOpened { opened.removeFirst() }
        opened.append(primer)
        return primer
    }
}
