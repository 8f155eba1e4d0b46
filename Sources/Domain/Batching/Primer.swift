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
    /// The columns after the samples went through them.
    let start: ColumnWriter

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
        start = try Self.replay(samples)
    }

    private static func replay(_ samples: EventBlock) throws(BatchFault) -> ColumnWriter {
        var columns = ColumnWriter()
        columns.templateLimit = BatchFormat.maximumPrimerTemplates
        columns.reset(baseTime: samples.records.first?.timestamp ?? 0, start: .empty)
        let isWhole = samples.bytes.withUnsafeBufferPointer { bytes in
            samples.records.allSatisfy { columns.add($0, of: bytes) }
        }
        guard isWhole, columns.model.cells <= BatchFormat.maximumPrimerCells,
            columns.model.topics.count <= BatchFormat.maximumPrimerTopics
        else { throw .tooLarge("primer") }
        columns.finishPrimer()
        return columns
    }

    /// Starts with a zero byte, so that no content is taken for a formatted dictionary (RFC 8878 section 5).
    private static func rows(_ samples: EventBlock) -> [UInt8] {
        var rows: [UInt8] = [0]
        let baseTime = samples.records.first?.timestamp ?? 0
        samples.bytes.withUnsafeBufferPointer {
            RowForm.append(samples.records, baseTime: baseTime, of: $0, to: &rows)
        }
        return rows
    }
}
