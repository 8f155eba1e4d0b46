// SPDX-License-Identifier: Apache-2.0

import Events

/// Sample events that both ends of a link know, and what a batch can build on because of them.
///
/// Its bytes are an ordinary batch without a primer, so they travel, are stored and are bounded like one. Both ends replay
/// the events through the model of the codec and come to the same start state.
package final class Primer: Sendable {
    /// Bytes of topic, attributes and payload of all samples at most.
    package static let maximumEventBytes = 262_144
    /// Raised when the same samples come to lead to another start state.
    static let modelVersion: UInt64 = 1

    package let identifier: PrimerIdentifier
    /// What is published: a batch of the samples.
    package let bytes: [UInt8]
    /// The samples as rows, which a zstd frame may refer to.
    let dictionary: [UInt8]

    /// Opens a published primer.
    package init(bytes: [UInt8]) throws(BatchFault) {
        var samples = EventBlock()
        var decoder = BatchDecoder()
        try decoder.decode(bytes.span.bytes, primer: nil, maximumBytes: Self.maximumEventBytes, into: &samples)
        self.bytes = bytes
        identifier = PrimerIdentifier(
            rawValue: XXHash64.hash(bytes.span.bytes, seed: Self.modelVersion)
        )
        dictionary = Self.rows(samples)
    }

    /// Starts with a zero byte, so that no content is taken for a formatted dictionary (RFC 8878 section 5).
    private static func rows(_ samples: EventBlock) -> [UInt8] {
        var rows: [UInt8] = [0]
        var last: EventBlock.Record?
        samples.bytes.withUnsafeBufferPointer { bytes in
            for record in samples.records {
                RowForm.append(record, after: last, baseTime: record.timestamp, of: bytes, to: &rows)
                last = record
            }
        }
        return rows
    }
}
