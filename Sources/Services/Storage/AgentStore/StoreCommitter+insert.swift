// SPDX-License-Identifier: Apache-2.0

import Events

extension StoreCommitter {
    /// Adds a write's events to their lanes, and the clock record that is due: before the first event that was stamped by
    /// the clock as it is since then.
    func insert(_ write: StoreShared.Write, into next: inout StoreIndex) throws {
        let block = write.block
        guard let reading = write.clock else { return try insert(block, block.records[...], into: &next) }
        let before = next.clocks.records.last?.record.reading ?? reading
        let split = ClockWatch.firstStamped(by: reading, after: before, block.records.lazy.map(\.timestamp))
        try insert(block, block.records[..<split], into: &next)
        try database.record(reading, in: &next)
        try insert(block, block.records[split...], into: &next)
    }

    private func insert(
        _ block: EventBlock,
        _ records: ArraySlice<EventBlock.Record>,
        into next: inout StoreIndex
    ) throws {
        try block.bytes.withUnsafeBytes { bytes in
            for record in records {
                try insert(record, of: UnsafeRawBufferPointer(rebasing: bytes[record.all]), into: &next)
            }
        }
    }

    private func insert(
        _ record: EventBlock.Record,
        of event: UnsafeRawBufferPointer,
        into next: inout StoreIndex
    ) throws {
        let position = try position(of: partition(of: record, event), in: &next)
        let sequence = next[position].last + 1
        if sequence > next[position].ceiling { try reserve(position, in: &next) }
        let segment = try openSegment(position, first: sequence, timestamp: record.timestamp, in: &next)
        body.reserve(RowFormat.maximumHead + event.count)
        let count = RowFormat.encode(
            record,
            of: event,
            lane: next[position].lane,
            sequence: sequence,
            to: body.bytes
        )
        let statement = try statements.insert(position: position, into: segment)
        statement.bind(sequence, at: 1)
        statement.bindStatic(UnsafeRawBufferPointer(rebasing: body.bytes[..<count]), at: 2)
        try statement.run()
        next[position].added(sequence, rowBytes: count, eventBytes: event.count)
    }

    private func partition(of record: EventBlock.Record, _ event: UnsafeRawBufferPointer) -> Partition {
        guard partitions > 1 else { return Partition(eventClass: record.eventClass, slot: 0) }
        let topic = UnsafeRawBufferPointer(rebasing: event[..<Int(record.topicLength)])
        let slot = UInt32(truncatingIfNeeded: XXHash64.hash(topic) % UInt64(partitions))
        return Partition(eventClass: record.eventClass, slot: slot)
    }

    /// The lane of a partition in the present epoch; made at its first event.
    private func position(of partition: Partition, in next: inout StoreIndex) throws -> Int {
        let number = Int(partition.number)
        if number < next.present.count, next.present[number] >= 0 { return next.present[number] }
        guard let epoch = next.epochs.last?.epoch else { throw StoreError.failed(path: path, reason: "has no epoch") }
        let record = LaneRecord(
            row: next.nextLane,
            lane: Lane(epoch: epoch.id, partition: partition),
            ordinal: epoch.ordinal
        )
        try database.insert(record)
        return next.add(record)
    }

    /// Reserves the next numbers in the ceiling file, which is synced before one of them is used, and in the database.
    private func reserve(_ position: Int, in next: inout StoreIndex) throws {
        let lane = next[position]
        let reserved = lane.last + StoreLimits.reservation
        try ceiling.reserve(reserved, for: lane.lane, ordinal: lane.ordinal)
        next[position].ceiling = reserved
        try database.update(next[position])
    }

    /// The segment that takes the next row; a full one is sealed and another made.
    private func openSegment(
        _ position: Int,
        first: UInt64,
        timestamp: Int64,
        in next: inout StoreIndex
    ) throws -> SegmentRecord {
        if let open = next[position].open {
            if open.rowBytes < limits.segmentBytes { return open }
            try seal(position, in: &next)
        }
        let segment = SegmentRecord(
            id: next.nextSegment,
            first: first,
            last: first - 1,
            rowBytes: 0,
            eventBytes: 0,
            firstTimestamp: timestamp
        )
        try database.create(segment, lane: next[position].row)
        next.nextSegment += 1
        next[position].open = segment
        return segment
    }

    /// Closes a lane's open segment.
    func seal(_ position: Int, in next: inout StoreIndex) throws {
        guard let open = next[position].open else { return }
        statements.forget(position: position)
        try database.seal(open)
        next[position].seal()
    }
}
