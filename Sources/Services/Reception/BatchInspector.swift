// SPDX-License-Identifier: Apache-2.0

package import Batching
import Events
import UplinkFrames

/// Opens one connection's batches within the hub's limits.
package struct BatchInspector: ~Copyable {
    /// Finds the primer that a batch names.
    package typealias PrimerSearch = (PrimerIdentifier) -> Primer?
    /// Opens a batch.
    package typealias Opener = (_ batch: [UInt8], _ primers: PrimerSearch) -> OpenedBatch

    /// Keeps a connection's scratch memory.
    private final class Scratch {
        var inspector: BatchInspector

        init(maximumEventBytes: Int) {
            inspector = BatchInspector(maximumEventBytes: maximumEventBytes)
        }
    }

    /// An inspector as a function, for one connection.
    package static func opening(maximumEventBytes: Int) -> Opener {
        let scratch = Scratch(maximumEventBytes: maximumEventBytes)
        return { scratch.inspector.open($0, primers: $1) }
    }

    /// Decoded bytes of one batch: a small batch of equal events may open to a lot, a hostile one to anything.
    private static let maximumDecodedBytes = 16 << 20
    /// SQLite keeps sequences as signed 64-bit integers.
    private static let highestSequence = UInt64(Int64.max)

    private let maximumEventBytes: Int
    private var decoder = BatchDecoder()

    /// - Parameter maximumEventBytes: the largest event taken, in bytes of topic and payload.
    package init(maximumEventBytes: Int) {
        self.maximumEventBytes = maximumEventBytes
    }

    /// Decodes `bytes` and checks what came out.
    package mutating func open(_ bytes: [UInt8], primers: PrimerSearch = { _ in nil }) -> OpenedBatch {
        let header: BatchDecoder.Header
        do throws(BatchFault) {
            header = try decoder.header(bytes.span.bytes)
        } catch {
            return .unreadable(error.text)
        }
        let (end, overflow) = header.firstSequence.addingReportingOverflow(UInt64(clamping: header.count))
        guard header.firstSequence > 0, header.count > 0, !overflow, end <= Self.highestSequence else {
            return .unreadable("\(header.count) events from sequence \(header.firstSequence)")
        }
        let sequences = header.firstSequence...(end - 1)
        guard let name = header.primer else { return decode(bytes, nil, sequences: sequences) }
        guard let primer = primers(name) else { return .primerWanted(name, sequences) }
        return decode(bytes, primer, sequences: sequences)
    }

    private mutating func decode(
        _ bytes: [UInt8],
        _ primer: Primer?,
        sequences: ClosedRange<UInt64>
    ) -> OpenedBatch {
        var block = EventBlock()
        do throws(BatchFault) {
            try decoder.decode(
                bytes.span.bytes,
                primer: primer,
                maximumBytes: Self.maximumDecodedBytes,
                into: &block
            )
        } catch {
            if case .tooLarge(let text) = error { return .refused(.init(sequences, .tooLarge, text)) }
            return .refused(.init(sequences, .undecodable, error.text))
        }
        guard block.count == sequences.count, block.records.first?.sequence == sequences.lowerBound else {
            return .refused(.init(sequences, .undecodable, "the header says other events than the batch holds"))
        }
        for record in block.records {
            let size = Int(record.topicLength) + Int(record.payloadLength)
            guard size <= maximumEventBytes else {
                let text = "event \(record.sequence) has \(size) bytes, at most \(maximumEventBytes) are taken"
                return .refused(.init(sequences, .tooLarge, text))
            }
            guard TopicName.isValid(block.bytes.span.bytes.extracting(record.topic)) else {
                let text = "event \(record.sequence) has a topic that is none (MQTT 5.0 section 4.7.3)"
                return .refused(.init(sequences, .undecodable, text))
            }
        }
        return .events(block)
    }
}

extension Rejection {
    fileprivate init(_ sequences: ClosedRange<UInt64>, _ reason: Reason, _ text: String) {
        self.init(first: sequences.lowerBound, last: sequences.upperBound, reason: reason, text: text)
    }
}

extension BatchFault {
    fileprivate var text: String {
        switch self {
        case .malformed(let text): "malformed: \(text)"
        case .unsupported(let text): "unsupported: \(text)"
        case .tooLarge(let text): "too large: \(text)"
        case .primerWanted(let identifier): "builds on primer \(identifier), which is not at hand"
        }
    }
}
