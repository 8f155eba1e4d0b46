// SPDX-License-Identifier: Apache-2.0

import Events
import NIOCore

extension Hello {
    func encode(into buffer: inout ByteBuffer) {
        buffer.writeVarint(version)
        buffer.writeText(node)
        buffer.writeInteger(storeID)
        buffer.writeInteger(epoch.id)
        buffer.writeVarint(epoch.ordinal)
        buffer.writeInteger(hub)
        let lanes = lanes.prefix(FrameLimits.lanes)
        buffer.writeVarint(UInt64(lanes.count))
        for lane in lanes { lane.encode(into: &buffer) }
        if version >= 2 { buffer.writeIdentifiers(primers.prefix(FrameLimits.primers)) }
    }

    init(decoding buffer: inout ByteBuffer) throws(FrameFault) {
        let version = try buffer.readVarint32("version")
        guard version >= Self.versions.lowerBound else { throw .unsupported("frame version \(version)") }
        let node = try buffer.readText("node")
        let storeID = try buffer.readFixed64("store id")
        let epoch = Epoch(id: try buffer.readFixed64("epoch"), ordinal: try buffer.readVarint("ordinal"))
        let hub = try buffer.readFixed64("hub id")
        let count = try buffer.readCount("lane count", limit: FrameLimits.lanes, minimumBytes: 14)
        self.init(version: version, node: node, storeID: storeID, epoch: epoch, hub: hub, lanes: [])
        lanes.reserveCapacity(count)
        for _ in 0..<count { lanes.append(try LaneSummary(decoding: &buffer)) }
        if version >= 2 { primers = try buffer.readIdentifiers("primer count", limit: FrameLimits.primers) }
        // What a later version adds is at the end, and it will be answered in this one.
        if version > Self.currentVersion { buffer.moveReaderIndex(forwardBy: buffer.readableBytes) }
    }
}

extension Hello.LaneSummary {
    func encode(into buffer: inout ByteBuffer) {
        buffer.writeInteger(lane.epoch)
        buffer.writeVarint(lane.partition.number)
        buffer.writeVarint(ordinal)
        if let node {
            buffer.writeInteger(UInt8(1))
            buffer.writeText(node)
        } else {
            buffer.writeInteger(UInt8(0))
        }
        buffer.writeVarint(acknowledged)
        buffer.writeVarint(last)
        buffer.writeVarint(ceiling)
    }

    init(decoding buffer: inout ByteBuffer) throws(FrameFault) {
        let epoch = try buffer.readFixed64("lane's epoch")
        let partition = Partition(number: try buffer.readVarint32("partition"))
        let ordinal = try buffer.readVarint("lane's ordinal")
        let node: String? = try buffer.readFlag("lane's node") ? try buffer.readText("lane's node") : nil
        self.init(
            lane: Lane(epoch: epoch, partition: partition),
            ordinal: ordinal,
            node: node,
            acknowledged: try buffer.readVarint("acknowledged"),
            last: try buffer.readVarint("last"),
            ceiling: try buffer.readVarint("ceiling")
        )
    }
}
