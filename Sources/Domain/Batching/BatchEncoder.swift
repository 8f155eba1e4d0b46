// SPDX-License-Identifier: Apache-2.0

package import Events

/// Turns events of one lane into self-contained batches that fit a packet.
///
/// Holds scratch memory only: what comes out depends on the events and the limit, never on an earlier batch.
package struct BatchEncoder: ~Copyable {
    /// Batches are made to be at most this long, in bytes, header included.
    package let limit: Int

    /// Topics, attributes and payloads of one batch at most, unless a single event is longer.
    private static let maximumBytes = 262_144

    private var packer: BatchPacker

    /// - Parameter primer: what the batches may build on; whoever opens them needs it.
    package init(limit: Int, primer: Primer? = nil) {
        self.limit = limit
        packer = BatchPacker(limit: limit, primer: primer)
    }

    /// Encodes as many events as fit, beginning at `start`; always at least one.
    ///
    /// The events must carry consecutive sequences; encoding stops before the first that does not. A single event that
    /// does not fit becomes a batch of its own that is longer than ``limit``.
    ///
    /// - Returns: how many events went in; the batch is appended to `output`.
    package mutating func encode(_ block: EventBlock, from start: Int, into output: inout [UInt8]) -> Int {
        let records = block.records[start..<start + Self.candidates(block.records, from: start)]
        return block.bytes.withUnsafeBufferPointer { packer.pack(records, of: $0, into: &output) }
    }

    /// How many events the format would let into the batch.
    private static func candidates(_ records: [EventBlock.Record], from start: Int) -> Int {
        var count = 0
        var bytes = 0
        let first = records[start].sequence
        while start + count < records.count, count < BatchFormat.maximumEvents {
            let record = records[start + count]
            let (sequence, overflow) = first.addingReportingOverflow(UInt64(count))
            bytes += record.all.count
            if count > 0, overflow || record.sequence != sequence || bytes > maximumBytes { break }
            count += 1
        }
        return count
    }
}
