// SPDX-License-Identifier: Apache-2.0

import Events

/// A row of the log that was found in a damaged file and whose checksum is right.
struct HubLogSalvagedRow {
    /// No log gets here; what says so is damaged.
    private static let highestPosition: UInt64 = 1 << 60

    let position: Int64
    let laneID: Int64
    let first: UInt64
    let count: Int
    let batch: [UInt8]
    let historical: Bool
    /// The sequences that were new with it.
    let ranges: [ClosedRange<UInt64>]

    init?(_ record: SalvageRecord) {
        guard record.rowid > 0, record.rowid < Self.highestPosition else { return nil }
        position = Int64(record.rowid)
        laneID = record.integer(0)
        first = record.unsigned(1)
        let events = record.integer(2)
        guard first > 0, first < UInt64(Int64.max), events > 0, events < 1 << 32 else { return nil }
        count = Int(events)
        batch = Array(record.bytes(3))
        let kept = record.isNull(4) ? nil : Array(record.bytes(4))
        historical = record.columnCount > 6 && record.integer(6) != 0
        let checksum = HubLogRow.checksum(
            lane: laneID,
            first: first,
            count: count,
            batch: batch,
            kept: kept,
            historical: historical
        )
        guard checksum == record.unsigned(5) else { return nil }
        if let kept {
            guard let ranges = HubLogRow.decode(kept, first: first) else { return nil }
            self.ranges = ranges
        } else {
            ranges = [first...first + UInt64(count) - 1]
        }
    }
}

extension HubLogIdentity {
    /// Nil when its checksum is wrong.
    init?(_ record: SalvageRecord) {
        guard let node = record.text(0), HubLog.isNodeName(node) else { return nil }
        let partition = Partition(number: UInt32(truncatingIfNeeded: record.integer(2)))
        laneID = Int64(bitPattern: record.rowid)
        key = HubLogLane.Key(node: node, lane: Lane(epoch: record.unsigned(1), partition: partition))
        guard checksum == record.unsigned(3) else { return nil }
    }
}

extension HubLogLane {
    /// The figures of a lane, without its name; nil when their checksum is wrong.
    init?(_ record: SalvageRecord) {
        self.init(
            id: Int64(bitPattern: record.rowid),
            key: Key(node: "", lane: Lane(epoch: 0, partition: Partition(number: 0))),
            epochID: 0,
            landed: SequenceSet(cumulative: record.unsigned(2)),
            highest: record.unsigned(3),
            events: record.unsigned(4),
            last: record.unsigned(5),
            ceiling: record.unsigned(6),
            closed: record.integer(7) != 0,
            landedMilliseconds: record.integer(8)
        )
        guard HubLogChecksum.of(self) == record.unsigned(9) else { return nil }
    }
}

extension HubLogGap {
    /// Whose lane's gap a row is; nil when its checksum is wrong.
    static func salvaged(_ record: SalvageRecord) -> (laneID: Int64, gap: Gap)? {
        guard let reason = Gap.Reason(rawValue: UInt8(truncatingIfNeeded: record.integer(3))) else { return nil }
        let gap = Gap(
            lane: Lane(epoch: 0, partition: Partition(number: 0)),
            first: record.unsigned(1),
            last: record.unsigned(2),
            reason: reason,
            endKnown: record.integer(4) != 0
        )
        guard gap.first > 0, gap.first <= gap.last, gap.last < UInt64(Int64.max),
            HubLogChecksum.of(gap, lane: record.integer(0), recorded: record.integer(5)) == record.unsigned(6)
        else { return nil }
        return (record.integer(0), gap)
    }
}
