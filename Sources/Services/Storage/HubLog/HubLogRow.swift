// SPDX-License-Identifier: Apache-2.0

import Batching
import Events

/// One row of the table `log`, as stored.
struct HubLogRow {
    var position: Int64
    var laneID: Int64
    var node: String
    var lane: Lane
    /// The sequence of the batch's first event.
    var first: UInt64
    /// Events in the batch.
    var count: Int
    var batch: [UInt8]
    /// Which sequences were new; nil for all.
    var kept: [UInt8]?
    var checksum: UInt64

    /// Newer events of the partition had landed before.
    var historical: Bool

    /// Rows of a segment after a position; CROSS JOIN keeps the log outermost
    /// (https://sqlite.org/optoverview.html#crossjoin).
    static func query(_ segment: HubLogSegment) -> String {
        """
        SELECT log.position, log.lane, nodes.name, epochs.epoch, lanes.partition,
            log.first, log.count, log.batch, log.kept, log.checksum, \(segment.format < 3 ? "0" : "log.historical")
        FROM \(segment.table) AS log CROSS JOIN lanes ON lanes.id = log.lane
            CROSS JOIN epochs ON epochs.id = lanes.epoch CROSS JOIN nodes ON nodes.id = epochs.node
        WHERE log.position > ? ORDER BY log.position
        """
    }

    /// Reads the row that a statement of ``query(_:)`` stands on.
    init(_ statement: SQLiteStatement) {
        position = statement.integer(0)
        laneID = statement.integer(1)
        node = statement.text(2)
        lane = Lane(
            epoch: statement.unsigned(3),
            partition: Partition(number: UInt32(truncatingIfNeeded: statement.integer(4)))
        )
        first = statement.unsigned(5)
        count = Int(statement.integer(6))
        batch = statement.withBlob(7) { Array($0) }
        kept = statement.isNull(8) ? nil : statement.withBlob(8) { Array($0) }
        checksum = statement.unsigned(9)
        historical = statement.integer(10) != 0
    }

    /// The sequences of the whole batch.
    var range: ClosedRange<UInt64>? {
        guard first > 0, count > 0, UInt64(count) - 1 <= UInt64.max - first else { return nil }
        return first...(first + UInt64(count) - 1)
    }

    /// Decodes the row and drops what had landed before.
    ///
    /// - Parameter primer: the one that the batch names, if it is at hand.
    func entry(opener: BatchOpener, primer: Primer?) throws(BatchFault) -> LogEntry {
        guard checksum == expectedChecksum else {
            throw .malformed("the row's checksum is wrong")
        }
        var block = EventBlock()
        if let fault = opener(batch, primer, &block) { throw fault }
        guard block.count == count, block.records.first?.sequence == first else {
            throw .malformed("the batch does not hold the events that its row names")
        }
        if let kept {
            guard let ranges = Self.decode(kept, first: first) else { throw .malformed("the row's ranges are torn") }
            block = block.keeping(ranges)
        }
        block.mark(lane.partition.eventClass)
        return LogEntry(position: position, node: node, lane: lane, block: block, isHistorical: historical)
    }

    private var expectedChecksum: UInt64 {
        Self.checksum(lane: laneID, first: first, count: count, batch: batch, kept: kept, historical: historical)
    }

    /// The lane and the sequences that the row is of: as it says or, where one flipped bit of that explains why its
    /// checksum is wrong, as they were.
    ///
    /// Otherwise a loss would be told of events that are not lost, and those that are would be gone without a word. Where
    /// the checksum is wrong for another reason, nothing proves that they are right.
    var claim: (laneID: Int64, range: ClosedRange<UInt64>?, isProven: Bool) {
        guard checksum != expectedChecksum else { return (laneID, range, true) }
        for bit in 0..<64 {
            var (lane, first, count) = (self, self, self)
            lane.laneID ^= 1 << bit
            first.first ^= 1 << bit
            count.count ^= 1 << bit
            for row in [lane, first, count] where row.expectedChecksum == checksum {
                return (row.laneID, row.range, true)
            }
        }
        return (laneID, range, false)
    }

    /// Detects damage of a row; a swapped lane or range shows too.
    static func checksum(
        lane: Int64,
        first: UInt64,
        count: Int,
        batch: [UInt8],
        kept: [UInt8]?,
        historical: Bool
    ) -> UInt64 {
        var seed = UInt64(bitPattern: lane) &* 0x9E37_79B9_7F4A_7C15 ^ first ^ UInt64(truncatingIfNeeded: count) << 48
        if historical { seed = ~seed }
        let hash = XXHash64.hash(batch.span.bytes, seed: seed)
        guard let kept else { return hash }
        return XXHash64.hash(kept.span.bytes, seed: hash)
    }

    /// Ranges as pairs of little-endian 32-bit numbers: distance from the batch's first sequence, and length.
    static func encode(_ ranges: [ClosedRange<UInt64>], first: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(ranges.count * 8)
        for range in ranges {
            for number in [range.lowerBound - first, range.upperBound - range.lowerBound + 1] {
                withUnsafeBytes(of: UInt32(truncatingIfNeeded: number).littleEndian) { bytes.append(contentsOf: $0) }
            }
        }
        return bytes
    }

    /// Nil when the bytes are not what ``encode(_:first:)`` makes.
    static func decode(_ bytes: [UInt8], first: UInt64) -> [ClosedRange<UInt64>]? {
        guard bytes.count.isMultiple(of: 8) else { return nil }
        return bytes.withUnsafeBytes { bytes in
            var ranges: [ClosedRange<UInt64>] = []
            for offset in stride(from: 0, to: bytes.count, by: 8) {
                let distance = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                let length = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
                guard length > 0, UInt64(distance) + UInt64(length) <= UInt64.max - first else { return nil }
                ranges.append(first + UInt64(distance)...first + UInt64(distance) + UInt64(length) - 1)
            }
            return ranges
        }
    }
}
