// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// Makes batches of a segment's events, and opens each of them again: nothing is packed that does not come out byte for
/// byte.
struct SegmentPacker: ~Copyable {
    /// A body for each batch, under its key.
    private(set) var bodies: [(key: UInt64, bytes: [UInt8])] = []
    private(set) var packedBytes = 0
    /// What went in: events, and their bytes.
    private(set) var eventBytes = 0
    private(set) var events = 0

    private let lane: Lane
    private let primer: Primer?
    private var encoder: BatchEncoder
    private var decoder = BatchDecoder()

    init(_ lane: Lane, limit: Int, primer: Primer?) {
        self.lane = lane
        self.primer = primer
        encoder = BatchEncoder(limit: limit, primer: primer)
    }

    /// Packs events that follow those before; those at the end that do not fill a batch only if `isEnd`.
    ///
    /// - Returns: how many of them went in; nil where a batch is not what went into it.
    mutating func add(_ block: EventBlock, isEnd: Bool) -> Int? {
        var start = 0
        while start < block.count {
            var batch: [UInt8] = []
            let count = encoder.encode(block, from: start, into: &batch)
            guard count > 0 else { return nil }
            // What follows may still fit, unless this is all that there is in a block of full size.
            if start + count == block.count, !isEnd, start > 0 { break }
            guard holds(batch, block, start..<start + count) else { return nil }
            let key = block.records[start].sequence
            let body = PackFormat.encode(batch, count: count, lane: lane, key: key)
            bodies.append((key, body))
            packedBytes += body.count
            events += count
            for record in block.records[start..<start + count] { eventBytes += record.all.count }
            start += count
        }
        return start
    }

    /// Whether a batch gives back what went in.
    private mutating func holds(_ batch: [UInt8], _ block: EventBlock, _ range: Range<Int>) -> Bool {
        var opened = EventBlock()
        do throws(BatchFault) {
            try decoder.decode(
                batch.span.bytes,
                primer: primer,
                maximumBytes: PackOpener.maximumBytes,
                into: &opened
            )
        } catch {
            return false
        }
        guard opened.count == range.count else { return false }
        return zip(opened.records, block.records[range]).allSatisfy { found, wanted in
            found.sequence == wanted.sequence && found.timestamp == wanted.timestamp
                && found.topicLength == wanted.topicLength && found.attributesLength == wanted.attributesLength
                && opened.bytes[found.all] == block.bytes[wanted.all]
        }
    }
}
