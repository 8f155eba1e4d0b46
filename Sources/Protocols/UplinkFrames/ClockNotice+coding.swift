// SPDX-License-Identifier: Apache-2.0

import Events
import NIOCore

extension ClockNotice {
    func encode(into buffer: inout ByteBuffer) {
        buffer.writeInteger(epoch.id)
        buffer.writeVarint(epoch.ordinal)
        if let node {
            buffer.writeInteger(UInt8(1))
            buffer.writeText(node)
        } else {
            buffer.writeInteger(UInt8(0))
        }
        buffer.writeVarint(record.ordinal)
        buffer.writeInteger(record.reading.boot)
        buffer.writeVarint(UInt64(max(0, record.reading.uptime)))
        buffer.writeInteger(record.reading.wall)
        buffer.writeInteger(record.reading.quality.rawValue)
        let places = record.places.prefix(FrameLimits.lanes)
        buffer.writeVarint(UInt64(places.count))
        for place in places {
            buffer.writeVarint(place.partition.number)
            buffer.writeVarint(place.first)
        }
    }

    init(decoding buffer: inout ByteBuffer) throws(FrameFault) {
        let epoch = Epoch(id: try buffer.readFixed64("epoch"), ordinal: try buffer.readVarint("epoch's ordinal"))
        let node: String? = try buffer.readFlag("node") ? try buffer.readText("node") : nil
        let ordinal = try buffer.readVarint32("ordinal")
        let reading = try Self.reading(&buffer)
        var places: [ClockRecord.Place] = []
        for _ in 0..<(try buffer.readCount("place count", limit: FrameLimits.lanes, minimumBytes: 2)) {
            let partition = Partition(number: try buffer.readVarint32("partition"))
            let first = try buffer.readVarint("first")
            guard places.last.map({ $0.partition < partition }) ?? true, first > 0 else {
                throw .malformed("a place of a clock record that cannot be")
            }
            places.append(ClockRecord.Place(partition: partition, first: first))
        }
        self.init(
            epoch: epoch,
            node: node,
            record: ClockRecord(ordinal: ordinal, reading: reading, places: places)
        )
    }

    private static func reading(_ buffer: inout ByteBuffer) throws(FrameFault) -> ClockReading {
        let boot = try buffer.readFixed64("boot")
        let uptime = try buffer.readVarint("uptime")
        let wall = Int64(bitPattern: try buffer.readFixed64("wall"))
        let number = try buffer.readByte("quality")
        guard let quality = ClockQuality(rawValue: number) else { throw .malformed("a clock of quality \(number)") }
        guard uptime <= UInt64(ClockReading.limit), wall.magnitude <= ClockReading.limit.magnitude else {
            throw .malformed("a clock beyond the end of time")
        }
        return ClockReading(boot: boot, uptime: Int64(uptime), wall: wall, quality: quality)
    }
}
