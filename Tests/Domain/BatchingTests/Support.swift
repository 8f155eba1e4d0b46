// SPDX-License-Identifier: Apache-2.0

import Batching
import Events
import Testing

/// What a run of batches came to.
struct Packed {
    var batches: [[UInt8]] = []
    var counts: [Int] = []

    var bytes: Int { batches.reduce(0) { $0 + $1.count } }
}

func pack(_ block: EventBlock, limit: Int, primer: Primer? = nil) -> Packed {
    var encoder = BatchEncoder(limit: limit, primer: primer)
    var packed = Packed()
    var start = 0
    while start < block.count {
        var output: [UInt8] = []
        let count = encoder.encode(block, from: start, into: &output)
        guard count > 0 else { break }
        packed.batches.append(output)
        packed.counts.append(count)
        start += count
    }
    return packed
}

func unpack(_ packed: Packed, primer: Primer? = nil, maximumBytes: Int = 1 << 26) throws -> EventBlock {
    var decoder = BatchDecoder()
    var block = EventBlock()
    for batch in packed.batches {
        try decoder.decode(batch.span.bytes, primer: primer, maximumBytes: maximumBytes, into: &block)
    }
    return block
}

@discardableResult
func expectRoundTrip(
    _ block: EventBlock,
    limit: Int,
    primer: Primer? = nil,
    _ comment: Comment,
    sourceLocation: SourceLocation = #_sourceLocation
) throws -> Packed {
    let packed = pack(block, limit: limit, primer: primer)
    let decoded = try unpack(packed, primer: primer)
    #expect(packed.counts.reduce(0, +) == block.count, comment, sourceLocation: sourceLocation)
    #expect(decoded.count == block.count, comment, sourceLocation: sourceLocation)
    #expect(decoded.bytes == block.bytes, comment, sourceLocation: sourceLocation)
    for (left, right) in zip(decoded.records, block.records) {
        let isSame =
            left.sequence == right.sequence && left.timestamp == right.timestamp && left.topic == right.topic
            && left.attributes == right.attributes && left.payload == right.payload
        guard !isSame else { continue }
        Issue.record("\(comment): \(left) is not \(right)", sourceLocation: sourceLocation)
        break
    }
    for (batch, count) in zip(packed.batches, packed.counts) where batch.count > limit {
        #expect(count == 1, comment, sourceLocation: sourceLocation)
    }
    return packed
}

/// A primer of the first events of a block, through its published bytes, as a hub has it.
func primer(_ block: EventBlock, first count: Int, limit: Int = 16_384) throws -> Primer {
    var trainer = PrimerTrainer(limit: limit)
    trainer.observe(block, 0..<count)
    return try Primer(bytes: #require(trainer.makePrimer()).bytes)
}

extension EventBlock {
    /// The events from an index on.
    func from(_ start: Int) -> EventBlock {
        var rest = EventBlock()
        for record in records[start...] {
            rest.append(record, of: self)
        }
        return rest
    }
}
