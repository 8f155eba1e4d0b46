// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// Sluice's own encoder and decoder, as agent and hub use them, with a primer of the training events.
struct SluiceCodec: ~Copyable {
    /// More than any batch holds: the bench opens only what it made.
    private static let maximumBytes = 1 << 30

    /// What batches build on; nil where primers are switched off.
    private let primer: Primer?
    private var encoder: BatchEncoder
    private var decoder = BatchDecoder()

    /// - Parameter primerLimit: bytes of topics and payloads of the primer's samples; 0 for none.
    init(_ recording: Recording, mtu: Int, primerLimit: Int) {
        if primerLimit > 0 {
            var trainer = PrimerTrainer(limit: primerLimit)
            trainer.observe(recording.events, 0..<recording.trainingCount)
            primer = trainer.makePrimer()
        } else {
            primer = nil
        }
        encoder = BatchEncoder(limit: mtu, primer: primer)
    }

    /// Bytes of the primer as it is published; 0 without.
    var primerBytes: Int { primer?.bytes.count ?? 0 }

    mutating func encode(_ block: EventBlock, from start: Int, into batch: inout [UInt8]) -> Int {
        encoder.encode(block, from: start, into: &batch)
    }

    mutating func decode(_ batch: [UInt8], into block: inout EventBlock) throws(BatchFault) {
        try decoder.decode(batch.span.bytes, primer: primer, maximumBytes: Self.maximumBytes, into: &block)
    }
}
