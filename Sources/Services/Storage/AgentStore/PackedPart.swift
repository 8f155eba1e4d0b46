// SPDX-License-Identifier: Apache-2.0

import Events

/// Batches that are to take the place of a segment's rows, or of the first of them.
struct PackedPart: Sendable {
    var lane: Lane
    /// As it was when it was read.
    var segment: SegmentRecord
    /// The pack that they are added to, as it was then; nil: one of their own.
    var pack: SegmentRecord?
    var bodies: [(key: UInt64, bytes: [UInt8])]
    var packedBytes: Int
    /// The last event that went in, and the bytes of all of them.
    var last: UInt64
    var eventBytes: Int
    /// When the event after it was taken; nil: the whole segment went in.
    var nextTimestamp: Int64?
}

extension PackedPart {
    /// What is left of the segment; nil when nothing is.
    var remainder: SegmentRecord? {
        guard let nextTimestamp, last < segment.last else { return nil }
        var rest = segment
        let moved = Int(last - segment.first) + 1
        rest.first = last + 1
        rest.eventBytes = max(0, segment.eventBytes - eventBytes)
        // A row's head is as good as of one length.
        let head = max(0, segment.rowBytes - segment.eventBytes) / max(1, segment.range?.count ?? 1)
        rest.rowBytes = max(0, segment.rowBytes - eventBytes - head * moved)
        rest.firstTimestamp = nextTimestamp
        return rest
    }

    /// The pack once the batches are in it.
    ///
    /// - Parameter id: the pack's, if it is a new one.
    func result(id: Int64) -> SegmentRecord {
        var result =
            pack
            ?? SegmentRecord(
                id: id,
                first: segment.first,
                last: last,
                rowBytes: 0,
                eventBytes: 0,
                firstTimestamp: segment.firstTimestamp,
                packedFrom: segment.age
            )
        result.last = last
        result.rowBytes += packedBytes
        result.eventBytes += eventBytes
        return result
    }
}
