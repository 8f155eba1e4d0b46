// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// Reads consecutive batches of one pack and checks each of them.
struct PackScan {
    let lane: Lane
    let pack: SegmentRecord
    /// Reads no further than this sequence.
    let last: UInt64
    let opener: PackOpener

    /// An intact row.
    private struct Found {
        var header: BatchDecoder.Header
        /// Where the batch lies in the body.
        var content: Range<Int>

        var range: ClosedRange<UInt64> { header.firstSequence...header.firstSequence + UInt64(header.count - 1) }
    }

    /// Adds the events from `first` on to `block`; those of the first batch whatever their size.
    func run(
        from first: UInt64,
        maximumBytes: Int,
        into block: inout EventBlock
    ) throws(SQLiteError) -> SegmentScan.End {
        let rows = try opener.rows(of: pack, from: first)
        defer { rows.reset() }
        var expected = first
        while expected <= last {
            guard try rows.step() else { return .damaged(expected) }
            let key = rows.unsigned(0)
            let end = rows.withBlob(1) { add($0, key: key, from: &expected, maximumBytes, to: &block) }
            try opener.checkFailure()
            if end != .complete { return end }
        }
        return .complete
    }

    private func add(
        _ body: UnsafeRawBufferPointer,
        key: UInt64,
        from expected: inout UInt64,
        _ maximumBytes: Int,
        to block: inout EventBlock
    ) -> SegmentScan.End {
        guard let found = found(body, key: key), key <= expected else { return .damaged(expected) }
        // The batch before the one that is missing.
        guard found.range.upperBound >= expected else { return .complete }
        guard let events = events(found, of: body) else { return .damaged(expected) }
        guard block.isEmpty || block.byteCount + events.byteCount <= maximumBytes else { return .full }
        append(events, from: expected, to: &block)
        expected = found.range.upperBound + 1
        return .complete
    }

    private func append(_ events: EventBlock, from first: UInt64, to block: inout EventBlock) {
        for record in events.records where record.sequence >= first && record.sequence <= last {
            block.append(record, of: events, eventClass: lane.partition.eventClass)
        }
    }

    // MARK: As they are

    private enum Step {
        case skip
        case batch(PackedBatch)
        /// Neither it nor what follows may be sent as it is; the events that can be read in its place.
        case stop(EventBlock?)
    }

    /// Batches that may be sent as they are, beginning with one that begins at `first`.
    ///
    /// Where the batch there begins before `first` or ends after ``last``: the events between, so that the next ones
    /// can go as they are. Nil where nothing may.
    func ready(from first: UInt64, _ terms: PackTerms) throws(SQLiteError) -> PackSlice? {
        let rows = try opener.rows(of: pack, from: first)
        defer { rows.reset() }
        var batches: [PackedBatch] = []
        var expected = first
        var bytes = 0
        reading: while expected <= last, try rows.step() {
            let key = rows.unsigned(0)
            let step = rows.withBlob(1) { self.step($0, key: key, at: expected, terms) }
            try opener.checkFailure()
            switch step {
            case .skip: continue
            case .stop(let part):
                if batches.isEmpty, let part { return .events(part) }
                break reading
            case .batch(let batch):
                bytes += batch.bytes.count
                if !batches.isEmpty, bytes > terms.maximumBytes { break reading }
                batches.append(batch)
                expected = batch.range.upperBound + 1
            }
        }
        return batches.isEmpty ? nil : .batches(batches)
    }

    private func step(_ body: UnsafeRawBufferPointer, key: UInt64, at expected: UInt64, _ terms: PackTerms) -> Step {
        guard let found = found(body, key: key), key <= expected else { return .stop(nil) }
        guard found.range.upperBound >= expected else { return .skip }
        guard terms.accept(found.header, bytes: found.content.count) else { return .stop(nil) }
        if key == expected, found.range.upperBound <= last {
            let bytes = Array(body[found.content])
            return .batch(PackedBatch(range: found.range, primer: found.header.primer, bytes: bytes))
        }
        guard let events = events(found, of: body) else { return .stop(nil) }
        var part = EventBlock()
        append(events, from: expected, to: &part)
        return .stop(part)
    }

    // MARK: Damage

    /// The first sequence after `first` at which an intact batch begins.
    func nextReadable(after first: UInt64) -> UInt64? {
        defer { try? opener.checkFailure() }
        guard first < .max, let rows = try? opener.rows(of: pack, from: first + 1) else { return nil }
        defer { rows.reset() }
        while (try? rows.step()) == true {
            let key = rows.unsigned(0)
            let isIntact = rows.withBlob(1) { body in
                found(body, key: key).flatMap { events($0, of: body) } != nil
            }
            if key > first, isIntact { return key }
        }
        return nil
    }

    private func found(_ body: UnsafeRawBufferPointer, key: UInt64) -> Found? {
        guard let decoded = PackFormat.decode(body, key: key), decoded.lane == lane, decoded.count > 0 else {
            return nil
        }
        let batch = UnsafeRawBufferPointer(rebasing: body[decoded.content]).bytes
        guard let header = opener.header(batch, first: key, count: decoded.count) else { return nil }
        return Found(header: header, content: decoded.content)
    }

    private func events(_ found: Found, of body: UnsafeRawBufferPointer) -> EventBlock? {
        opener.events(of: UnsafeRawBufferPointer(rebasing: body[found.content]).bytes, found.header, in: pack)
    }
}
